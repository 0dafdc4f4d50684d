"""RemoveField: a column that old code still reads and writes, and new code no longer fills (rows R1 to R5)."""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations import AlterField, RemoveField
from django.db.migrations.state import ProjectState

from django_safemigrate.values.fields import AnyField, constant_default, in_database, rebuilt, same_in_all_rows, without

from . import Answer, Level, Option, Part, Question, Refusal, rule
from .not_shared import unprepared


@rule(RemoveField)
def remove_field(operation: RemoveField, app_label: str, before: ProjectState) -> Answer:
    """New code inserts rows without the column, so it needs a default or has to accept NULL until contract drops it.

    R1: nullable, generated, or with a ``db_default``: nothing to prepare. R2: NOT NULL with a constant default: the
    database gets that default, so that old code goes on reading sane values. R3: NOT NULL without one, or unique (a
    default would be a duplicate, also one that the database has already): NULL is allowed. R4, R5: a relation's constraint
    goes first, since new code deletes what it refers to without knowing of it.
    """
    field = before.models[app_label, operation.model_name_lower].fields[operation.name]
    where = f"{app_label}.{operation.model_name}.{operation.name}"
    drop = Part(Level.CONTRACT, operation)
    if field.primary_key:
        return _the_key(operation, where)
    if field.many_to_many:
        if field.remote_field.through is not None:  # a model of its own, which is a change of its own
            return [Part(Level.EXPAND, operation, demotable=True)]
        return [*_freed(operation, field, {}), drop]
    if field.generated:
        return [drop]
    if field.unique and same_in_all_rows(field):
        return _without_default(operation, field, drop, where)
    if field.null or field.has_db_default():
        return [*_freed(operation, field, {}), drop]
    constant, value = constant_default(field)
    if constant and not field.unique:
        return _expanded(operation, field, {"db_default": value}, drop, where)
    nullable = _expanded(operation, field, {"null": True}, drop, where)
    zero = _zero(field)
    if isinstance(nullable, Refusal) or zero is None or field.unique or field.is_relation:
        return nullable
    with_zero = _expanded(operation, field, {"db_default": zero}, drop, where)
    return nullable if isinstance(with_zero, Refusal) else _asked(where, zero, nullable, with_zero)


def _without_default(operation: RemoveField, field: AnyField, drop: Part, where: str) -> list[Part] | Refusal:
    """NULL is allowed first: old code leaves the column out, and relies on the default until it is gone."""
    prepared = _expanded(operation, field, {"null": True}, drop, where)
    if isinstance(prepared, Refusal):
        return prepared
    nullable = prepared[0].operation
    assert isinstance(nullable, AlterField)
    last = AlterField(operation.model_name, operation.name, without(nullable.field, "db_default"))
    return [*([] if field.null else prepared[:1]), Part(Level.EXPAND, last), drop]


def _asked(where: str, zero: Any, nullable: list[Part], with_zero: list[Part]) -> Question:
    name = where.rpartition(".")[2]
    return Question(
        f"{where}.new_rows".lower(),
        f"{where} is removed and NOT NULL. What should old code read there in rows that new code inserts?",
        (
            Option("NULL", f"old code may read NULL in {name}, until it is gone", tuple(nullable)),
            Option(repr(zero), f"old code reads {zero!r} in {name}, as if somebody had entered it", tuple(with_zero)),
        ),
    )


def _expanded(
    operation: RemoveField, field: AnyField, changes: dict[str, Any], drop: Part, where: str
) -> list[Part] | Refusal:
    """The parts, with the given changes before deploy."""
    prepared = _freed(operation, field, changes)
    if not prepared:
        return unprepared(operation, where, "null=True or db_default=..., to be kept with until old code is gone")
    reads_null = (
        f"until it is dropped, old code may read NULL in {where}" if "null" in changes and not field.null else ""
    )
    remark = "; ".join(one for one in (prepared[0].remark, reads_null) if one)
    return [Part(Level.EXPAND, prepared[0].operation, remark), drop]


def _freed(operation: RemoveField, field: Any, changes: dict[str, Any]) -> list[Part]:
    """The field as expand makes it: with the given changes, and without the constraint of a relation. Empty if nothing is to
    be done, or the field's class does not take it."""
    if field.is_relation and getattr(field.remote_field if field.many_to_many else field, "db_constraint", False):
        changes = {**changes, "db_constraint": False}
    kept = rebuilt(field, **changes) if changes else None
    remark = ""
    if field.is_relation and in_database(getattr(field.remote_field, "on_delete", None)):
        # The other way round the database would delete rows that new code wants to keep.
        remark = (
            f"from then on {field.remote_field.on_delete} of {operation.model_name}.{operation.name} does nothing any more: "
            "old code counts on it"
        )
    return [Part(Level.EXPAND, AlterField(operation.model_name, operation.name, kept), remark)] if kept else []


# What stands for nothing in a type, where many rows may have it.
_ZEROS: dict[str, Any] = {
    **dict.fromkeys(("CharField", "TextField", "SlugField", "FileField", "FilePathField"), ""),
    **dict.fromkeys(("SmallIntegerField", "IntegerField", "BigIntegerField", "DecimalField", "FloatField"), 0),
    **dict.fromkeys(("PositiveSmallIntegerField", "PositiveIntegerField", "PositiveBigIntegerField"), 0),
    "BooleanField": False,
}


def _zero(field: AnyField) -> Any:
    return None if field.has_default() else _ZEROS.get(field.get_internal_type())


def _the_key(operation: RemoveField, where: str) -> Refusal:
    return Refusal(
        f"{where} is the primary key.",
        "Old code finds its rows by it until it is gone, and whatever refers to them refers to it.",
        "Keep the primary key as it is, and add what should identify the rows as a unique field.",
        (operation,),
    )
