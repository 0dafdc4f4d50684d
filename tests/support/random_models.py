"""Small random models, for tests of several releases and of operation sequences, and Django's end for comparison.

The pairs of ``tests.random_pairs`` have more in them. Those that Django itself cannot do (a unique column with one default
for many rows, say) are left out. The same examples again: RANDOM_MODELS=1000 RANDOM_MODELS_SEED=42
"""

from __future__ import annotations

import itertools
import os
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import Migration
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter

from django_safemigrate import Safe
from django_safemigrate.doing.headers import with_safe
from django_safemigrate.values.fields import AnyField
from tests.commands.schema import schema
from tests.decisions.states import Changes, detect, graph_of, notes, written
from tests.support.database import execute, rows
from tests.support.project import Project

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, Phase, assume, seed, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

SEED = int(os.environ.get("RANDOM_MODELS_SEED") or random.randrange(2**32))
MANY = int(os.environ.get("RANDOM_MODELS") or 0)
NAMES = ("Alpha", "Beta", "Gamma")
FIELDS = ("a", "b", "c", "d")
NOT_INDEXED = {"JSONField", "BinaryField", "ManyToManyField"}


def sample(default: int, *, shrink: bool) -> Any:
    bounded = settings(
        max_examples=MANY or default,
        phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    return lambda test: seed(SEED)(bounded(test))


# Random models: plain data, from which fields are made anew each time


@dataclass(frozen=True)
class Column:
    kind: str
    options: tuple[tuple[str, Any], ...] = ()
    to: str = ""

    def make(self, app_of: dict[str, str]) -> AnyField:
        options = dict(self.options)
        if self.kind == "ManyToManyField":
            return models.ManyToManyField(f"{app_of[self.to]}.{self.to}", related_name="+")
        if self.to:
            return models.ForeignKey(f"{app_of[self.to]}.{self.to}", models.CASCADE, **options)
        extra = {"CharField": {"max_length": 9}, "DecimalField": {"max_digits": 6, "decimal_places": 2}}
        made: AnyField = getattr(models, self.kind)(**extra.get(self.kind, {}), **options)
        return made


@dataclass(frozen=True)
class Table:
    columns: dict[str, Column] = field(default_factory=dict)
    indexes: frozenset[tuple[str, ...]] = frozenset()


Tables = dict[str, Table]

DEFAULTS: dict[str, list[Any]] = {
    "IntegerField": [0, 5],
    "PositiveIntegerField": [0, 5],
    "BooleanField": [False, True],
    "CharField": ["", "new"],
    "TextField": ["", "it's 100% \\ new"],
    "DecimalField": [Decimal("0"), Decimal("1.50")],
    "DateField": [date(2026, 1, 2)],
    "DateTimeField": [datetime(2026, 1, 2, 3, 4, tzinfo=UTC)],
    "JSONField": [3, "x"],
    "BinaryField": [b"", b"\x00'"],
    "FloatField": [1.5],
}


@st.composite
def columns(draw: st.DrawFn) -> Column:
    kind = draw(st.sampled_from(sorted(DEFAULTS)))
    options: dict[str, Any] = {}
    if draw(st.booleans()):
        options["null"] = True
    if draw(st.booleans()):
        options["default"] = draw(st.sampled_from(DEFAULTS[kind]))
    elif draw(st.integers(0, 3)) == 0:
        options["db_default"] = draw(st.sampled_from(DEFAULTS[kind]))
    if kind in {"CharField", "TextField", "BinaryField"} and draw(st.booleans()):
        options["blank"] = True
    if kind not in NOT_INDEXED:
        more = draw(st.sampled_from(["", "", "", "db_index", "unique"]))
        options |= {more: True} if more else {}
    return Column(kind, tuple(options.items()))


@st.composite
def relations(draw: st.DrawFn, name: str, others: list[str]) -> Column:
    """Required ones point at a model further up, so that rows can be made in order."""
    to = draw(st.sampled_from(others))
    if draw(st.integers(0, 3)) == 0:
        return Column("ManyToManyField", (), to)
    null = NAMES.index(to) >= NAMES.index(name) or draw(st.booleans())
    return Column("ForeignKey", (("null", True),) if null else (), to)


@st.composite
def any_column(draw: st.DrawFn, name: str, others: list[str]) -> Column:
    related = draw(st.integers(0, 4)) == 0
    return draw(relations(name, others)) if related else draw(columns())


@st.composite
def tables(draw: st.DrawFn) -> Tables:
    names = list(NAMES[: draw(st.integers(2, 3))])
    made: Tables = {}
    for name in names:
        own = draw(st.lists(st.sampled_from(FIELDS), unique=True, max_size=3))
        made[name] = Table({its: draw(any_column(name, names)) for its in sorted(own)})
        made[name] = replace(made[name], indexes=draw(indexes(made[name])))
    return made


@st.composite
def indexes(draw: st.DrawFn, table: Table) -> frozenset[tuple[str, ...]]:
    usable = [name for name, column in table.columns.items() if column.kind not in NOT_INDEXED]
    if not usable or draw(st.booleans()):
        return frozenset()
    return frozenset({tuple(draw(st.lists(st.sampled_from(usable), unique=True, min_size=1, max_size=2)))})


@st.composite
def changed(draw: st.DrawFn, before: Tables) -> Tables:
    after = dict(before)
    for _ in range(draw(st.integers(1, 6))):
        what = draw(st.sampled_from(["add", "add", "remove", "remove", "alter", "index", "model", "gone"]))
        if what == "model" and len(after) < len(NAMES):
            name = next(name for name in NAMES if name not in after)
            after[name] = Table({"a": draw(any_column(name, [*after, name]))})
        elif what == "gone" and len(after) > 1:
            _remove(after, draw(st.sampled_from(sorted(after))))
        elif what not in {"model", "gone"}:
            name = draw(st.sampled_from(sorted(after)))
            after[name] = draw(changed_table(after[name], what, name, sorted(after)))
    return after


def _remove(after: Tables, name: str) -> None:
    del after[name]
    for other, table in after.items():
        after[other] = _with(table, {key: its for key, its in table.columns.items() if its.to != name})


def _with(table: Table, its_columns: dict[str, Column]) -> Table:
    kept = {index for index in table.indexes if set(index) <= its_columns.keys()}
    return Table(its_columns, frozenset(kept))


@st.composite
def changed_table(draw: st.DrawFn, table: Table, what: str, name: str, others: list[str]) -> Table:
    free = [own for own in FIELDS if own not in table.columns]
    if what == "add" and free:
        return _with(table, {**table.columns, draw(st.sampled_from(free)): draw(any_column(name, others))})
    if what == "index":
        return replace(table, indexes=draw(indexes(table)))
    if not table.columns:
        return table
    own = draw(st.sampled_from(sorted(table.columns)))
    if what == "remove":
        return _with(table, {key: its for key, its in table.columns.items() if key != own})
    old = table.columns[own]
    if what == "alter" and not old.to:
        toggled = draw(st.sampled_from(["null", "db_index", "default", "help_text"]))
        if toggled == "db_index" and old.kind in NOT_INDEXED:
            return table
        options = dict(old.options)
        if toggled in options:
            del options[toggled]
        elif toggled == "default":
            options |= {} if "db_default" in options else {"default": DEFAULTS[old.kind][0]}
        else:
            options[toggled] = "Help" if toggled == "help_text" else True
        return _with(table, {**table.columns, own: Column(old.kind, tuple(options.items()))})
    return table


# From data to states


def make_state(its_tables: Tables, app_of: dict[str, str]) -> ProjectState:
    state = ProjectState()
    for name, table in its_tables.items():
        fields: dict[str, AnyField] = {"id": models.BigAutoField(primary_key=True)}
        fields |= {own: column.make(app_of) for own, column in table.columns.items()}
        made = [
            models.Index(fields=index, name=f"{name}_{'_'.join(index)}_i".lower()) for index in sorted(table.indexes)
        ]
        state.add_model(ModelState(app_of[name], name, list(fields.items()), {"indexes": made}))
    return state


class Answers(MigrationQuestioner):
    """One-off defaults, as a person would give them."""

    def __init__(self, after: ProjectState) -> None:
        super().__init__({"ask_rename": False, "ask_rename_model": False, "ask_initial": True})
        self.after = after

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        [state] = [state for (_, name), state in self.after.models.items() if name == model_name.lower()]
        return value_for(state.fields[field_name], 1)

    ask_not_null_alteration = ask_not_null_addition


def value_for(its_field: AnyField, number: int) -> Any:
    """Another value for each number, as far as the type has as many."""
    values = {
        "BooleanField": bool(number % 2),
        "CharField": f"v{number}",
        "TextField": f"v{number}",
        "DateField": date.fromordinal(739000 + number),
        "DateTimeField": datetime.fromtimestamp(1_800_000_000 + number, UTC),
        "BinaryField": b"v%d" % number,
        "JSONField": {"v": number},
    }
    return values.get(its_field.get_internal_type(), number)


# Without a database


def follow(before: ProjectState, migrations: list[Migration], *, render: bool = True) -> ProjectState:
    """The state after the migrations; every state on the way can be rendered."""
    state = before.clone()
    for migration in migrations:
        for operation in migration.operations:
            operation.state_forwards(migration.app_label, state)
            if render:
                assert state.clone().apps.get_models() is not None
    return state


def in_order(before: ProjectState, changes: Changes) -> list[Migration]:
    """In an order in which they can run; of ours, everything before deploy comes first."""
    graph = graph_of(before, changes)
    planned: list[Migration] = []
    mine = [(app, migration) for app, its in changes.items() for migration in its]
    mine.sort(key=lambda item: getattr(item[1], "safe", None) == Safe.after_deploy())
    for app, migration in mine:
        for key in graph.forwards_plan((app, migration.name)):
            node = graph.nodes[key]
            if node not in planned and node in [its for _, its in mine]:
                planned.append(node)
    return planned


def remaining(state: ProjectState, after: ProjectState) -> dict[str, list[str]]:
    return written(detect(state, after, stock=True, questioner=Answers(after)))


def djangos(before: ProjectState, after: ProjectState) -> Changes:
    """What Django writes; an example that it cannot do itself is none."""
    try:
        changes = detect(before, after, stock=True, questioner=Answers(after))
        clean = not remaining(follow(before, in_order(before, changes)), after)
    except Exception:
        clean = False
    assume(clean and changes)
    return changes


APPS = {"Alpha": "one", "Beta": "two", "Gamma": "one"}


# On PostgreSQL, with rows


class Shop:
    """The tables of one example in the test's database, made and migrated by files."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def begin(self, before: ProjectState, changes: Changes) -> None:
        execute("DELETE FROM django_migrations WHERE app = 'shop'")
        for [table] in rows("SELECT relname FROM pg_class WHERE relname LIKE 'shop\\_%' AND relkind = 'r'"):
            execute(f'DROP TABLE "{table}" CASCADE')
        for path in self.project.directory.glob("0*.py"):
            path.unlink()
        first = detect(ProjectState(), before, stock=True)
        for migration in itertools.chain(first["shop"], changes["shop"]):
            text = MigrationWriter(migration).as_string()
            text = with_safe(text, migration.safe) if hasattr(migration, "safe") else text
            (self.project.directory / f"{migration.name}.py").write_text(text)
        self.project.migrate("shop", "0001")
        fill(before, 1, 2, 3)

    def content(self, before: ProjectState, after: ProjectState) -> dict[str, Any]:
        """The rows that were there from the beginning."""
        found = {}
        for model in after.clone().apps.get_models():
            if ("shop", model._meta.model_name) not in before.models:
                continue
            names = ", ".join(f'"{its.column}"' for its in sorted(model._meta.local_fields, key=lambda its: its.name))
            found[model.__name__] = rows(f'SELECT {names} FROM "{model._meta.db_table}" WHERE id <= 3 ORDER BY id')
        return found


def fill(state: ProjectState, *numbers: int) -> None:
    """A row for each number in each table, as the code of that version writes them."""
    made = {model.__name__: model for model in state.clone().apps.get_models()}
    for name in NAMES:
        for number in numbers if name in made else ():
            values = {}
            for its in made[name]._meta.local_fields:
                if its.is_relation and not its.null:
                    values[its.attname] = 1
                elif not its.is_relation and not its.primary_key and (number == 1 or not its.has_default()):
                    leaves_out = its.has_db_default() or (its.null and not number % 2)
                    values |= {} if leaves_out and not its.unique else {its.name: value_for(its, number)}
                if its.unique and not its.primary_key:
                    values[its.name] = value_for(its, number)
            made[name]._default_manager.create(**values)


SHOP = dict.fromkeys(NAMES, "shop")


def run_djangos(shop: Shop, before: ProjectState, after: ProjectState, changes: Changes) -> tuple[set[str], Any]:
    try:
        shop.begin(before, changes)
        shop.project.migrate("shop")
    except Exception:  # nor can Django
        connection.close()
        assume(False)
    return schema(), shop.content(before, after)


def run_ours(shop: Shop, before: ProjectState, after: ProjectState, changes: Changes) -> None:
    shop.begin(before, changes)
    # What makemigrations says nothing about, nobody refuses either.
    allowed = ("--allow-unsafe", "*") if notes(changes) else ()
    shop.project.safemigrate("shop", *allowed)
    if not notes(changes):
        fill(before, 100, 101)
        fill(after, 200, 201)
    if any(migration.safe == Safe.after_deploy() for migration in changes["shop"]):  # type: ignore[attr-defined]
        shop.project.safemigrate("shop", "--after-deploy", *allowed)
    applied = {name for [name] in rows("SELECT name FROM django_migrations WHERE app = 'shop'")}
    assert applied == set(shop.project.names())
