"""What a pair is: models before and after a change, and what becomes of it. Data only; nothing here runs anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import django
from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.values.fields import AnyField
from tests.decisions.states import model, state

Models = Sequence[ModelState]

EXPAND, CONTRACT, BOTH, NOTHING, ANY = "expand", "contract", "expand contract", "", "any"


class Expects(Enum):
    """What the specification wants of a pair. ``LARGE`` is one that passes as long as the table is small."""

    PASSES = "passes"
    REFUSED = "refused by makemigrations"
    LARGE = "refused by safemigrate on a large table"


@dataclass(frozen=True)
class Pair:
    """``name`` begins with the row of the catalogue of changes: ``F2 constant, indexed``.

    ``phases``: those that have operations (``NOTHING``: there is nothing to do; ``ANY``: the specification does not say).
    ``expand`` and ``contract``, where they are given, are the operations, as ``short()`` of ``detected`` says them.
    ``says`` is what a refusal has to name. ``renames``, ``answers`` (by ``model.field``) and ``choices`` (by what a question
    is about) are what the author answers. ``values`` (by ``model.field``) make values out of a number, where the models do
    not take any value of the type. ``rows`` is how many rows are in each table to begin with. ``back`` is False where
    the way back rewrites the table, so that it passes only as long as that is small. ``open`` says why it is not tried with
    two versions: they cannot both have what they want. ``two_names``: a column has another name in the new version, for which
    other databases have no second one. ``needs`` are extensions, ``server`` and ``django`` the first versions
    that can do it.
    """

    name: str
    old: Models
    new: Models
    phases: str = ANY
    expects: Expects = Expects.PASSES
    expand: tuple[str, ...] | None = None
    contract: tuple[str, ...] | None = None
    says: tuple[str, ...] = ()
    renames: bool = False
    back: bool = True
    open: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Callable[[int], Any]] = field(default_factory=dict)
    rows: int = 3
    two_names: bool = False
    needs: tuple[str, ...] = ()
    server: int = 14
    django: tuple[int, int] = (5, 2)

    @property
    def row(self) -> str:
        """``F2``"""
        return self.name.partition(" ")[0]

    @property
    def before(self) -> ProjectState:
        return _anew(self.old)

    @property
    def after(self) -> ProjectState:
        return _anew(self.new)

    @property
    def known_to_django(self) -> bool:
        """Whether this version of Django has all that the models use."""
        return django.VERSION[:2] >= self.django

    @property
    def postgres_only(self) -> bool:
        """Whether the models use what other databases do not have, or the change does."""
        return self.two_names or any(
            _is_of_postgres(item) for its in (*self.old, *self.new) for item in _everything(its)
        )


def _anew(its_models: Models) -> ProjectState:
    """A state that shares nothing with the pair: autodetectors change fields and options in place."""
    made = [
        ModelState(
            its.app_label,
            its.name,
            [(name, field.clone()) for name, field in its.fields.items()],
            deepcopy(its.options),
            its.bases,
            list(its.managers),
        )
        for its in its_models
    ]
    return state(*made)


def _everything(its: ModelState) -> list[Any]:
    return [*its.fields.values(), *its.options.get("indexes", ()), *its.options.get("constraints", ())]


def _is_of_postgres(item: Any) -> bool:
    return "contrib.postgres" in type(item).__module__ or bool(getattr(item, "db_collation", None))


def number() -> int:
    """A default that only Python can compute."""
    return 7


# A shop in use. ``order`` is what changes, and ``line`` refers to it. Few models and rows: each one is read and written
# by both versions after every step.

CUSTOMER, TAG, ORDER, THING = "shop.Customer", "shop.Tag", "shop.Order", "shop.Thing"


def key(to: str = CUSTOMER, on_delete: Any = models.CASCADE, **options: Any) -> AnyField:
    return models.ForeignKey(to, on_delete, **{"related_name": "+", **options})


def one(to: str = CUSTOMER, on_delete: Any = models.CASCADE, **options: Any) -> AnyField:
    return models.OneToOneField(to, on_delete, **{"related_name": "+", **options})


def many(to: str = TAG, **options: Any) -> AnyField:
    return models.ManyToManyField(to, **{"related_name": "+", **options})


OTHERS = (
    model("Customer", name=models.CharField(max_length=20)),
    model("Tag", label=models.CharField(max_length=20, unique=True)),
)
LINE = model("Line", order=models.ForeignKey(ORDER, models.CASCADE))


def order(options: Mapping[str, Any] | None = None, /, **fields: AnyField) -> ModelState:
    """``Order`` with these fields, too."""
    own = {"number": models.IntegerField(), "note": models.TextField(null=True)}
    return model("Order", options=dict(options or {}), **{**own, **fields})


def shop(options: Mapping[str, Any] | None = None, /, *, others: Models = (), **fields: AnyField) -> Models:
    """``order`` with these fields, what refers to it, and others that it refers to."""
    return [*others, order(options, **fields), LINE]


def needed(*fields: Any) -> Models:
    """Those of the other models that these fields refer to."""
    named = {str(field.remote_field.model) for field in fields if field.is_relation}
    return [its for its in OTHERS if f"shop.{its.name}" in named]


def thing(options: Mapping[str, Any] | None = None, /, **fields: AnyField) -> ModelState:
    """A table of its own."""
    return model("Thing", options=dict(options or {}), **fields)


def altered(name: str, old: AnyField, new: AnyField, phases: str = ANY, **more: Any) -> Pair:
    """The column ``a`` of ``thing`` becomes another; ``beside`` are models that refer to it, ``others`` more fields."""
    beside, options, others = more.pop("beside", ()), more.pop("options", None), more.pop("others", {})
    beside = [*needed(old, new), *beside]
    befores, afters = [thing(options, a=its, **others) for its in (old, new)]
    return Pair(name, [*beside, befores], [*beside, afters], phases, **more)


def child(name: str, of: str, *, app: str = "shop", **fields: AnyField) -> ModelState:
    """A model with a parent, as Django makes its state."""
    link = models.OneToOneField(
        of, models.CASCADE, auto_created=True, parent_link=True, primary_key=True, serialize=False
    )
    pointer = f"{of.partition('.')[2].lower()}_ptr"
    return ModelState(app, name, list({pointer: link, **fields}.items()), {}, (of.lower(),))
