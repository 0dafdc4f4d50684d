"""RunSQL that changes the table of a model behind the back of Django's state."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.migrations.operations import RunSQL
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.linting.apart import Event, Events
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.naming import operations, table_named
from django_safemigrate.linting.sql.columns import TypesOfModels
from django_safemigrate.linting.statements.types import named, type_of, type_of_text
from django_safemigrate.values.fields import AnyField, column_of
from django_safemigrate.values.findings import Code, Finding, Severity
from django_safemigrate.values.tables import has_table, table_of

from . import check

APART = Code(
    "SM410",
    "state-apart",
    Severity.WARNING,
    "SQL changes the table of a model, and the models of the migrations do not know of it.",
)


@check(APART)
def apart(seen: Inspected) -> Iterator[Finding]:
    """By what each table and column is at the end of the migration, and what the models say of it then."""
    its = list(operations(seen))
    if not any(isinstance(operation, RunSQL) and operation.sql for _, operation in its):
        return
    events = Events()
    try:
        for path, operation in its:
            if isinstance(operation, RunSQL):
                events.sql(path, operation)
            else:
                events.django(operation, table_named(seen, operation))
    except RuntimeError:  # the parser is missing, which is a finding itself
        return
    after = _after(seen)
    for event in events:
        instead = _instead(event, after)
        if instead:
            yield _finding(seen, event, instead)


def _after(seen: Inspected) -> ProjectState:
    state = seen.before.clone()
    for operation in seen.migration.operations:
        try:
            operation.state_forwards(seen.migration.app_label, state)
        except Exception:  # it does not fit the models, which is a finding itself
            continue
    return state


def _finding(seen: Inspected, event: Event, instead: str) -> Finding:
    return seen.finding(
        APART,
        f"RunSQL {event.words}, and the models of the migrations do not know of it.",
        "makemigrations and safemigrate go by these models, and not by the database: what they do to this table next does "
        "not fit what is there.",
        f"migrations.RunSQL(..., state_operations=[{instead}])",
        operation=event.path,
        table=event.table,
    )


def _instead(event: Event, after: ProjectState) -> str:
    """The operation on the state that is missing; empty where the models say what is there."""
    models = [model for model in dict.values(after.models) if has_table(model) and table_of(model) == event.table]
    if not models:
        return ""
    if not event.column:
        return "" if event.there else _of_table(models[0], event.new_name)
    fields = [(model, name, field) for model in models for name, field in model.fields.items()]
    found = [one for one in fields if column_of(one[2], one[1]) == event.column]
    if not found:
        return _unknown(models[0], event)
    return _of_field(*found[0], event, TypesOfModels(after))


def _of_table(model: ModelState, new_name: str) -> str:
    if new_name:
        return f'migrations.AlterModelTable("{model.name_lower}", "{new_name}")'
    return f'migrations.DeleteModel("{model.name}")'


def _unknown(model: ModelState, event: Event) -> str:
    """A column that no model has. That by which rows are ordered is in no list of fields."""
    if not event.is_new or (event.column == "_order" and "order_with_respect_to" in model.options):
        return ""
    return f'migrations.AddField("{model.name_lower}", "{event.column}", ...)'


def _of_field(model: ModelState, name: str, field: AnyField, event: Event, types: TypesOfModels) -> str:
    if not event.there:
        if event.new_name:
            return f'migrations.AlterField("{model.name_lower}", "{name}", ...)  # db_column="{event.new_name}"'
        return f'migrations.RemoveField("{model.name_lower}", "{name}")'
    altered = f'migrations.AlterField("{model.name_lower}", "{name}", ...)'
    if event.null is not None and event.null != field.null and not field.primary_key:
        return altered
    if event.type is not None:
        known = type_of_text(types.type_of(event.table, event.column) or "")
        if known is not None and known != type_of(event.type):
            return f"{altered}  # {named(event.type)}"
    return ""
