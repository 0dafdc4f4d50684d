"""RemoveField: a column that old code still reads and writes, and new code no longer fills (rows R1 to R3)."""

from __future__ import annotations

from django.db.migrations.operations import AlterField, RemoveField
from django.db.migrations.state import ProjectState

from django_safemigrate.values.fields import constant_default, has_constant_db_default, rebuilt, without

from . import Level, Part, rule


@rule(RemoveField)
def remove_field(operation: RemoveField, app_label: str, before: ProjectState) -> list[Part] | None:
    """New code inserts rows without the column, so it needs a default or has to accept NULL until contract drops it.

    R1: nullable, generated, or with a ``db_default``: nothing to prepare. R2: NOT NULL with a constant default: the
    database gets that default, so that old code goes on reading sane values. R3: NOT NULL without one, or unique (a
    default would be a duplicate, also one that the database has already): NULL is allowed.
    """
    field = before.models[app_label, operation.model_name_lower].fields[operation.name]
    if field.is_relation or field.primary_key:
        return None
    drop = Part(Level.CONTRACT, operation)
    if field.unique and has_constant_db_default(field):
        kept = rebuilt(without(field, "db_default"), null=True)
    elif field.null or field.has_db_default() or field.generated:
        return [drop]
    else:
        constant, value = constant_default(field)
        kept = rebuilt(field, db_default=value) if constant and not field.unique else None
        kept = kept or rebuilt(field, null=True)
    if kept is None:
        return None
    remark = (
        f"until it is dropped, old code may read NULL in {operation.model_name}.{operation.name}"
        if kept.null and not field.null
        else ""
    )
    return [Part(Level.EXPAND, AlterField(operation.model_name, operation.name, kept), remark=remark), drop]
