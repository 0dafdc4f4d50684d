"""A pair in the harness: both versions of the code at work, while our migrations of it (or stock Django's) run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django_safemigrate.testing.engine import Rehearsal
from django_safemigrate.testing.options import Options
from django_safemigrate.testing.pairs import rehearse
from django_safemigrate.testing.scratch import Scratch
from tests.two_versions.detected import Answers, choices
from tests.two_versions.pair import Pair


def rehearsed(pair: Pair, scratch: Scratch, *, migrations: str = "ours", **options: Any) -> Rehearsal:
    """Raises what ``rehearse`` raises. ``options`` are those of ``Options``."""
    return rehearse(
        pair.before,
        pair.after,
        migrations=migrations,
        questioner=Answers(pair),
        factories=factories(pair),
        options=Options(**{"rows": pair.rows, **options}),
        scratch=scratch,
        title=pair.name,
        choices=choices(pair),
        extensions=pair.needs,
    )


def factories(pair: Pair) -> dict[str, Callable[[int], Mapping[str, Any]]]:
    """By the label of the model, the values that the pair gives."""
    by_label: dict[str, dict[str, Callable[[int], Any]]] = {}
    for name, value in pair.values.items():
        model, _, field = name.partition(".")
        by_label.setdefault(f"shop.{model}", {})[field] = value
    return {label: _factory(its) for label, its in by_label.items()}


def _factory(its: Mapping[str, Callable[[int], Any]]) -> Callable[[int], Mapping[str, Any]]:
    return lambda number: {field: value(number) for field, value in its.items()}
