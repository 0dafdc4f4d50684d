"""A change that one column cannot go through while both releases use it: a second one takes its place (C5, C6, C7, C10, C16).

Before deploy the column loosens as it is, then the second one comes; the old one goes after deploy, and then the new one
tightens. A narrower type is for the time after deploy altogether.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations import AlterField
from django.db.models import UniqueConstraint

from django_safemigrate.decisions.indexed import is_indexed
from django_safemigrate.decisions.resources import fields_named_in
from django_safemigrate.operations import AlterFieldOnline, FinishAlterField
from django_safemigrate.values.column_types import TypeChange, collation_of
from django_safemigrate.values.declarations import declared_as
from django_safemigrate.values.fields import AnyField, has_inline_check, in_database, rebuilt, same_field
from django_safemigrate.values.referring import generic_references, tables_that_refer

from .alteration import Alteration
from .between import Uniqueness
from .parts import Level, Option, Part, Question

KEPT_IN_STEP = "kept in step by a trigger and filled in batches"


def needs_second_column(alteration: Alteration) -> bool:
    """Whether the type cannot change in place, or the column gets another name."""
    if alteration.change is TypeChange.REWRITTEN and collation_of(alteration.old) != collation_of(alteration.new):
        return alteration.moves or _is_indexed(alteration)
    if alteration.change in {TypeChange.REWRITTEN, TypeChange.NARROWER} or alteration.moves:
        return True
    return alteration.change is TypeChange.WIDER and _is_in_a_unique_index_that_is_built_anew(alteration)


def _is_indexed(alteration: Alteration) -> bool:
    """A collation is nothing to the rows of a table, but the order of whatever index has the column."""
    return is_indexed(alteration.before.models[alteration.key], alteration.operation.name)


def in_two_columns(alteration: Alteration, uniqueness: Uniqueness) -> list[Part] | None:
    """The parts; None where the field's class does not take what the field in between would have to."""
    operation, new = alteration.operation, alteration.new
    column = alteration.columns[0] if alteration.moves else None
    middle = alteration.between(new, uniqueness)
    loose = _loosened(alteration, uniqueness)
    if middle is None or loose is None:
        return None
    model, name = operation.model_name, operation.name
    narrower = alteration.change is TypeChange.NARROWER
    ends_there = same_field(middle, new)
    online = AlterFieldOnline(model, name, new if ends_there else middle)
    parts = [Part(Level.EXPAND, AlterField(model, name, loose))] if _loosens(alteration, loose) else []
    parts.append(Part(Level.CONTRACT if narrower else Level.EXPAND, online, _remark(alteration)))
    parts.append(Part(Level.CONTRACT, FinishAlterField(model, name, column)))
    if not ends_there:
        parts += [*alteration.calls(middle), Part(Level.CONTRACT, operation, alteration.meanwhile)]
    return parts


def asked_about_the_column(
    where: str, name: str, columns: tuple[str, str], new: AnyField, parts: list[Part]
) -> Question:
    """Whether the column gets the other name at all. ``columns``: before and after, ``new``: the field of that name."""
    before, after = columns
    line = declared_as(name, new, db_column=before) or f"{name}: db_column={before!r}"
    return Question(
        f"{where}.column".lower(),
        f"{where}: column {before} becomes {after}. How?",
        (
            Option(
                "a second column",
                f"{after} is added beside {before}, {KEPT_IN_STEP}; {before} is dropped after deploy",
                tuple(parts),
            ),
            Option(
                "keep the column",
                f"free, nothing happens in the database; nothing is written now, until the model says db_column={before!r}",
                tuple(parts),
                line,
            ),
        ),
    )


def _loosened(alteration: Alteration, uniqueness: Uniqueness) -> AnyField | None:
    """The field in between, in the column and the type of before. Indexes that come, the second column gets alone.

    A type that is wider is there already: the trigger writes what new code writes into the old column, too.
    """
    old = alteration.old
    made: Any = alteration.between(alteration.new if alteration.moves else old, uniqueness)
    if made is None:
        return None
    changes: dict[str, Any] = {"db_column": alteration.columns[0]} if alteration.moves else {}
    if made.db_index != old.db_index:
        changes["db_index"] = old.db_index
    if made.unique and not old.unique:
        changes["unique"] = False
    return rebuilt(made, **changes) if changes else made


def _loosens(alteration: Alteration, loose: AnyField) -> bool:
    """Whether the field takes more than before, or more is done for it."""
    old = alteration.old
    wider = alteration.change is TypeChange.WIDER and alteration.moves
    return wider or _facts(old) != _facts(loose)


def _facts(field: Any) -> tuple[Any, ...]:
    on_delete = field.remote_field.on_delete if field.is_relation else None
    return (
        field.null,
        field.unique,
        has_inline_check(field),
        field.db_default,
        getattr(field, "db_constraint", False),
        on_delete if in_database(on_delete) else None,
    )


def _remark(alteration: Alteration) -> str:
    where = alteration.where
    if alteration.moves:
        before, after = alteration.columns
        return f"{where}: {after} is added beside {before}, {KEPT_IN_STEP}; either release finds its own{_races(alteration)}"
    said = f"{where}: by way of a second column, {KEPT_IN_STEP}"
    if alteration.change is TypeChange.NARROWER:
        said = f"{where}: a row that does not fit stops it; else by way of a second column, {KEPT_IN_STEP}"
    return said + _what_goes_along(alteration)


def _what_goes_along(alteration: Alteration) -> str:
    """The columns that refer to it have its type; those of generic relations have not, and nobody sees whose they are."""
    if not alteration.old.unique:
        return ""
    key, name, before = alteration.key, alteration.operation.name, alteration.before
    tables = sorted(tables_that_refer(key, name, before))
    said = f"; so do the columns that refer to it, in {', '.join(tables)}" if tables else ""
    wider = alteration.old.primary_key and alteration.change is TypeChange.REWRITTEN
    generic = generic_references(alteration.new, before) if wider else []
    if generic:
        said += f". Generic relations stay as they are: {', '.join(generic)} may be for it, and too small for new keys"
    return said


def _races(alteration: Alteration) -> str:
    return f"; {RACES}" if alteration.old.unique else ""


RACES = "until the old one is gone, two upserts (update_conflicts) of one new row at the same time may fail"


def _is_in_a_unique_index_that_is_built_anew(alteration: Alteration) -> bool:
    """The server keeps the indexes of a column whose type gets wider, but not partial ones, nor those of expressions."""
    name = alteration.operation.name
    constraints = alteration.before.models[alteration.key].options.get("constraints") or ()
    return any(
        isinstance(one, UniqueConstraint) and name in fields_named_in(one.condition, *one.expressions)
        for one in constraints
    )
