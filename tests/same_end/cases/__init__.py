"""Every kind of change of a model, of its fields, indexes and constraints, on tables with rows; a file for each kind."""

from __future__ import annotations

from tests.same_end.case import Case

from . import (
    add_field,
    alter_field,
    alter_relation,
    alter_type,
    constraints,
    identifiers,
    indexes,
    keys,
    models,
    operations,
    partitions,
    remove_field,
    rename_field,
    rename_model,
    several,
)

MODULES = (
    models,
    rename_model,
    add_field,
    remove_field,
    alter_field,
    alter_type,
    alter_relation,
    keys,
    rename_field,
    indexes,
    constraints,
    operations,
    identifiers,
    partitions,
    several,
)

CASES: list[Case] = [case for module in MODULES for case in module.CASES]
