"""Every row of the catalogue of changes in several variants, as pairs of states; a file for each kind."""

from __future__ import annotations

from tests.two_versions.pair import Pair

from . import (
    adding,
    changing,
    constraints,
    indexes,
    keys,
    model_changes,
    models,
    moved,
    relations,
    removing,
    renames,
    retyped,
    several,
    types,
)

MODULES = (
    models,
    model_changes,
    adding,
    removing,
    changing,
    types,
    retyped,
    keys,
    relations,
    renames,
    moved,
    indexes,
    constraints,
    several,
)

PAIRS: list[Pair] = [pair for module in MODULES for pair in module.PAIRS]
