"""The names of what an operation may need: of models and fields, and of what stands for them in the database."""

from __future__ import annotations

from typing import Any

from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation
from django.db.models import F, Q

from django_safemigrate.values.relations import Key, has_implicit_table, related_models
from django_safemigrate.values.tables import has_table, table_of

Resource = tuple[str, ...]

ORDER = "_order"


def inheritable(state: ProjectState, key: Key, name: str) -> set[Resource]:
    """A field that goes frees its name for parents and children (multi-table inheritance); see ``inherited``."""
    return {("above", *key, name)} | {("below", *parent, name) for parent in _parents(state, key)}


def inherited(state: ProjectState, key: Key, name: str) -> set[Resource]:
    """A field that comes needs its name free in all parents and all children, but not in those beside it."""
    return {("below", *key, name)} | {("above", *parent, name) for parent in _parents(state, key)}


def _parents(state: ProjectState, key: Key) -> set[Key]:
    """The models that a model inherits from, at any distance."""
    found: set[Key] = set()
    waiting = [key]
    while waiting:
        model = state.models.get(waiting.pop())
        bases = [resolve_relation(base) for base in (model.bases if model else ()) if isinstance(base, str)]
        waiting += [base for base in bases if base not in found]
        found |= set(bases)
    return found


def model_and_fields(state: ProjectState, key: Key) -> set[Resource]:
    model = state.models.get(key)
    return {("model", *key)} | {("field", *key, name) for name in (model.fields if model else ())}


def column(model: ModelState, name: str, its_field: Any) -> set[Resource]:
    """The column of a field and what goes with it: the attribute of a key, and that a key may refer to it.

    Of an implicit many-to-many, its model and its table.
    """
    if its_field is None:
        return set()
    in_database = has_table(model)
    if its_field.many_to_many:
        if not has_implicit_table(its_field):
            return set()
        table = getattr(its_field, "db_table", None) or f"{table_of(model)}_{name}"
        made: set[Resource] = {("model", model.app_label, f"{model.name_lower}_{name}".lower())}
        return made | {("table", table)} if in_database else made
    attribute = f"{name}_id" if its_field.is_relation else name
    key = (model.app_label, model.name_lower)
    found: set[Resource] = {("field", *key, attribute)}
    if in_database:
        found.add(("column", table_of(model), its_field.db_column or attribute))
    return found | {("unique", *key, name)} if its_field.unique else found


def order_column(model: ModelState) -> set[Resource]:
    """The column that ``order_with_respect_to`` stands for, which is in no list of fields."""
    found: set[Resource] = {("field", model.app_label, model.name_lower, ORDER)}
    return found | {("column", table_of(model), ORDER)} if has_table(model) else found


def table_and_columns(model: ModelState) -> set[Resource]:
    """What a model is called in the database, with its columns and the tables of its many-to-many relations."""
    found: set[Resource] = {("table", table_of(model))} if has_table(model) else set()
    for name, its_field in model.fields.items():
        found |= column(model, name, its_field)
    return found | order_column(model) if model.options.get("order_with_respect_to") else found


def in_state(resources: set[Resource]) -> set[Resource]:
    """Those of them that are no names in the database."""
    return {resource for resource in resources if resource[0] not in {"table", "column", "name"}}


def sources(its_field: Any, state: ProjectState, key: Key) -> set[str]:
    """The fields that a generated one is computed from."""
    if not its_field.generated:
        return set()
    return fields_named_in(its_field.expression) & set(state.models[key].fields)


def fields_named_in(*expressions: Any) -> set[str]:
    """The fields that expressions and conditions name; some of them may be None."""
    found: set[str] = set()
    for expression in filter(None, expressions):
        for part in [expression] if isinstance(expression, F) else expression.flatten():
            if isinstance(part, F):
                name: Any = part.name  # type: ignore[attr-defined]
                found.add(name.split("__")[0])
            elif isinstance(part, Q):
                found |= part.referenced_base_fields
    return found


def targets(its_field: Any, model: ModelState) -> set[Resource]:
    """The models that a field refers to, and the fields of theirs that it names, which have to be unique."""
    related = related_models(its_field, model.app_label, model.name_lower)
    named = [name for name in getattr(its_field, "to_fields", ()) if name and name != "self"]
    fields = {(what, *key, name) for what in ("field", "unique") for key in related for name in named}
    return {("model", *key) for key in related} | fields
