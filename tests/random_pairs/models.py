"""Random models, as plain data from which fields are made anew each time."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import models
from django.utils import timezone
from hypothesis import strategies as st

NAMES = ("Alpha", "Beta", "Gamma", "Delta")
FIELDS = ("a", "b", "c", "d", "e")

_numbers = count(1)


def counted() -> int:
    """A default that only Python can compute, another one for each row."""
    return next(_numbers)


@dataclass(frozen=True)
class Kind:
    """A field class with its arguments, what defaults it may have, and what it is good for."""

    cls: str
    arguments: dict[str, Any] = field(default_factory=dict)
    defaults: tuple[Any, ...] = ()
    called: tuple[Any, ...] = ()
    indexed: bool = True
    unique: bool = True


KINDS = {
    "small": Kind("SmallIntegerField", {}, (0, 5)),
    "integer": Kind("IntegerField", {}, (0, 5), (int, counted)),
    "big": Kind("BigIntegerField", {}, (0, 5), (counted,)),
    "positive": Kind("PositiveIntegerField", {}, (0, 5)),
    "boolean": Kind("BooleanField", {}, (False, True), (bool,), unique=False),
    "char": Kind("CharField", {"max_length": 20}, ("", "new"), (str,)),
    "longer": Kind("CharField", {"max_length": 40}, ("", "new")),
    "text": Kind("TextField", {}, ("", "it's 100% \\ new")),
    "slug": Kind("SlugField", {}, ("new",)),
    "decimal": Kind("DecimalField", {"max_digits": 8, "decimal_places": 2}, (Decimal("0"), Decimal("1.50"))),
    "precise": Kind("DecimalField", {"max_digits": 10, "decimal_places": 2}, (Decimal("1.50"),)),
    "date": Kind("DateField", {}, (date(2026, 1, 2),), (date.today,)),
    "moment": Kind("DateTimeField", {}, (datetime(2026, 1, 2, 3, 4, tzinfo=UTC),), (timezone.now,)),
    "time": Kind("TimeField", {}, (time(1, 2),)),
    "duration": Kind("DurationField", {}, (timedelta(seconds=3),)),
    "uuid": Kind("UUIDField", {}, (uuid.UUID(int=1),), (uuid.uuid4,)),
    "json": Kind("JSONField", {}, (3, "x"), (dict, list), indexed=False, unique=False),
    "binary": Kind("BinaryField", {}, (b"", b"\x00'"), indexed=False, unique=False),
    "float": Kind("FloatField", {}, (1.5,)),
}
BLANK = {"char", "longer", "text", "binary"}
NUMBERS = {"small", "integer", "big", "positive", "decimal", "precise", "float"}


@dataclass(frozen=True)
class Column:
    """A field; ``to`` is the name of a model for relations, whose kind is ``foreign``, ``single`` or ``many``."""

    kind: str
    options: tuple[tuple[str, Any], ...] = ()
    to: str = ""

    def option(self, name: str) -> Any:
        return dict(self.options).get(name)

    def having(self, **options: Any) -> Column:
        """The same with other options; None takes one away."""
        kept = {name: value for name, value in {**dict(self.options), **options}.items() if value is not None}
        return Column(self.kind, tuple(sorted(kept.items())), self.to)

    def make(self, app_of: dict[str, str]) -> models.Field[Any, Any]:
        """Django's field."""
        options, to = dict(self.options), f"{app_of.get(self.to)}.{self.to}"
        made: models.Field[Any, Any]
        if self.kind == "many":
            made = models.ManyToManyField(to, related_name="+", **options)
        elif self.to:
            cls = models.ForeignKey if self.kind == "foreign" else models.OneToOneField
            made = cls(to, models.CASCADE, related_name="+", **options)
        else:
            kind = KINDS[self.kind]
            made = getattr(models, kind.cls)(**kind.arguments, **options)
        return made


@dataclass(frozen=True)
class Table:
    """A model. ``table`` is its table where it has not the name that Django would give it."""

    columns: dict[str, Column] = field(default_factory=dict)
    indexes: frozenset[tuple[str, ...]] = frozenset()
    uniques: frozenset[tuple[str, ...]] = frozenset()
    together: frozenset[tuple[str, ...]] = frozenset()
    checked: frozenset[str] = frozenset()
    comment: str = ""
    table: str = ""

    def with_columns(self, columns: dict[str, Column]) -> Table:
        """With other columns: what names one that is gone is gone, too."""
        usable = {name for name, column in columns.items() if may_be_indexed(column)}
        numbers = {name for name, column in columns.items() if column.kind in NUMBERS}

        def kept(sets: frozenset[tuple[str, ...]]) -> frozenset[tuple[str, ...]]:
            return frozenset(one for one in sets if set(one) <= usable)

        sets = {name: kept(getattr(self, name)) for name in ("indexes", "uniques", "together")}
        return replace(self, columns=columns, checked=self.checked & numbers, **sets)


Tables = dict[str, Table]


def may_be_indexed(column: Column) -> bool:
    return column.kind in {"foreign", "single"} or (column.kind in KINDS and KINDS[column.kind].indexed)


@st.composite
def plain_columns(draw: st.DrawFn) -> Column:
    name = draw(st.sampled_from(sorted(KINDS)))
    kind, options = KINDS[name], dict[str, Any]()
    if draw(st.booleans()):
        options["null"] = True
    default = draw(st.sampled_from(["", "", "constant", "called", "database"]))
    if default == "constant":
        options["default"] = draw(st.sampled_from(kind.defaults))
    elif default == "called" and kind.called:
        options["default"] = draw(st.sampled_from(kind.called))
    elif default == "database":
        options["db_default"] = draw(st.sampled_from(kind.defaults))
    if name in BLANK and draw(st.booleans()):
        options["blank"] = True
    more = draw(st.sampled_from(["", "", "", "db_index", "unique", "db_comment"]))
    if more == "db_comment":
        options[more] = "Comment"
    elif (more == "db_index" and kind.indexed) or (more == "unique" and kind.unique):
        options[more] = True
    return Column(name, tuple(sorted(options.items())))


@st.composite
def relations(draw: st.DrawFn, name: str, others: list[str]) -> Column:
    """Required ones point at a model further up, so that rows can be made in order."""
    to = draw(st.sampled_from(others))
    kind = draw(st.sampled_from(["foreign", "foreign", "single", "many"]))
    if kind == "many":
        return Column(kind, (), to)
    options = {"null": True} if NAMES.index(to) >= NAMES.index(name) or draw(st.booleans()) else {}
    if draw(st.integers(0, 4)) == 0:
        options["db_constraint"] = False
    return Column(kind, tuple(sorted(options.items())), to)


@st.composite
def any_column(draw: st.DrawFn, name: str, others: list[str]) -> Column:
    return draw(relations(name, others) if draw(st.integers(0, 3)) == 0 else plain_columns())


def field_sets(table: Table) -> st.SearchStrategy[frozenset[tuple[str, ...]]]:
    """At most one set of fields that may be indexed together."""
    usable = sorted(name for name, column in table.columns.items() if may_be_indexed(column))
    if not usable:
        return st.just(frozenset())
    one = st.lists(st.sampled_from(usable), unique=True, min_size=1, max_size=2).map(
        lambda its: frozenset({tuple(its)})
    )
    return st.one_of(st.just(frozenset()), one)


def pairs_of_fields(table: Table) -> st.SearchStrategy[frozenset[tuple[str, ...]]]:
    """For ``unique_together``, where one field alone would be a unique field."""
    return field_sets(table).map(lambda its: frozenset(one for one in its if len(one) > 1))


def checks(table: Table) -> st.SearchStrategy[frozenset[str]]:
    """At most one number that may not be negative."""
    numbers = sorted(name for name, column in table.columns.items() if column.kind in NUMBERS)
    return st.sampled_from([frozenset[str](), *(frozenset({one}) for one in numbers)])


@st.composite
def tables(draw: st.DrawFn) -> Tables:
    names = list(NAMES[: draw(st.integers(2, 3))])
    made: Tables = {}
    for name in names:
        own = draw(st.lists(st.sampled_from(FIELDS), unique=True, max_size=4))
        table = Table({its: draw(any_column(name, names)) for its in sorted(own)})
        made[name] = Table(
            table.columns,
            draw(field_sets(table)),
            draw(field_sets(table)) if draw(st.booleans()) else frozenset(),
            draw(pairs_of_fields(table)) if draw(st.integers(0, 2)) == 0 else frozenset(),
            draw(checks(table)) if draw(st.booleans()) else frozenset(),
        )
    return made
