"""The named changes: at least one for every kind of statement that Django writes, a file for each family."""

from __future__ import annotations

from tests.compile.shop import Change

from . import (
    add_field,
    alter_field,
    alter_relation,
    alter_type,
    checks,
    elsewhere,
    fills,
    indexes,
    keys,
    partitions,
    remove_field,
    renames,
    tables,
    unique,
)

MODULES = (
    tables,
    add_field,
    remove_field,
    alter_field,
    alter_type,
    alter_relation,
    keys,
    indexes,
    unique,
    checks,
    partitions,
    renames,
    elsewhere,
    fills,
)

CHANGES: list[Change] = [change for module in MODULES for change in module.CHANGES]
