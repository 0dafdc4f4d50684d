"""Findings about the models that code uses (SM304, SM305)."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.values.findings import Finding

from .codes import IMPORTED, NOT_THERE
from .examined import Examined
from .facts import Fact, Kind
from .places import place_of
from .values import Model


def findings(inspected: Inspected, one: Examined) -> Iterator[Finding]:
    """Each model once."""
    seen: set[tuple[Kind, tuple[str, str]]] = set()
    for fact in one.facts:
        if fact.model is None or fact.kind not in {Kind.IMPORTED, Kind.ASKED} or (fact.kind, fact.model.key) in seen:
            continue
        seen.add((fact.kind, fact.model.key))
        if fact.kind is Kind.IMPORTED:
            yield _imported(inspected, one, fact, fact.model)
        else:
            yield from _asked(inspected, one, fact, fact.model)


def _imported(inspected: Inspected, one: Examined, fact: Fact, model: Model) -> Finding:
    return inspected.finding(
        IMPORTED,
        f"{one.name} uses {model.app_label}.{model.name} as it is now, not as it was at this point of the history.",
        "As soon as the model has a field that comes later, this fails on every new database: its columns are not there yet.",
        f'{model.name} = apps.get_model("{model.app_label}", "{model.name}")',
        operation=one.path,
        place=place_of(inspected, one, fact),
    )


def _asked(inspected: Inspected, one: Examined, fact: Fact, model: Model) -> Iterator[Finding]:
    label = model.app_label
    if label in one.state.real_apps:
        return  # an app without migrations is there as it is
    if model.key not in one.state.models:
        yield inspected.finding(
            NOT_THERE,
            f"{one.name} asks for {label}.{model.name}, which is not there at this point of the history.",
            "It ends in a LookupError when it runs.",
            f'dependencies = [..., ("{label}", "the migration that makes {model.name}")]',
            operation=one.path,
            place=place_of(inspected, one, fact),
        )
    elif not inspected.depends_on(label):
        yield inspected.finding(
            NOT_THERE,
            f"{one.name} asks for {label}.{model.name}, but {inspected.name} depends on no migration of {label}.",
            "In which order they run is chance: where the other one comes later, this ends in a LookupError.",
            f'dependencies = [..., ("{label}", "the migration that makes {model.name}, or changes it last")]',
            operation=one.path,
            place=place_of(inspected, one, fact),
        )
