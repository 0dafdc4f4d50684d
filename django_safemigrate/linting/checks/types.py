"""SM5xx of new fields: what they say of their columns, whoever runs the migration."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.migrations.operations import AddField, CreateModel
from django.db.migrations.operations.base import Operation

from django_safemigrate.linting.checks import check
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.naming import operations, table_named
from django_safemigrate.linting.sql.columns import type_in_sql
from django_safemigrate.linting.statements.advice import small_key, varchar
from django_safemigrate.linting.statements.codes import INTEGER_KEY, VARCHAR
from django_safemigrate.values.fields import AnyField, column_of
from django_safemigrate.values.findings import Finding


@check(INTEGER_KEY, VARCHAR)
def types(inspected: Inspected) -> Iterator[Finding]:
    """Of models and fields that Django's own operations make."""
    for path, operation in operations(inspected):
        table = _table(inspected, operation)
        for name, field in _new_fields(operation):
            column = f"{table}.{column_of(field, name)}"
            kind = type_in_sql(field) or ""
            if field.primary_key and kind in {"integer", "smallint"}:
                advice = small_key(column, kind)
            elif kind.startswith("varchar("):
                advice = varchar(column, kind)
            else:
                continue
            yield inspected.finding(
                advice.code,
                advice.fact,
                advice.why,
                advice.operation or advice.instead,
                operation=path,
                table=table,
            )


def _table(inspected: Inspected, operation: Operation) -> str:
    if isinstance(operation, CreateModel):
        return str(operation.options.get("db_table") or f"{inspected.migration.app_label}_{operation.name_lower}")
    return table_named(inspected, operation)


def _new_fields(operation: Operation) -> Iterator[tuple[str, AnyField]]:
    if isinstance(operation, CreateModel) and operation.options.get("managed", True):
        yield from ((name, field) for name, field in operation.fields if not field.is_relation)
    elif isinstance(operation, AddField) and not operation.field.is_relation:
        yield operation.name, operation.field
