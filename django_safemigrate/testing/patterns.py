"""Ways in which the values of a row may relate to each other, so that its check constraints accept them."""

from __future__ import annotations

from collections.abc import Callable

from django.db import models
from django.db.models import CheckConstraint

# How the numbers of a row's fields may relate to each other, for check constraints that compare them.
PATTERNS: tuple[Callable[[int, int], int], ...] = (
    lambda number, place: number,
    lambda number, place: number + place,
    lambda number, place: number + 50 - place,
    lambda number, place: 1,
    lambda number, place: 1 + place,
    lambda number, place: 50 - place,
)


def checks_of(model: type[models.Model]) -> list[CheckConstraint]:
    """The check constraints that a row has to satisfy, those of its parents included."""
    owners = [model, *model._meta.get_parent_list()]
    return [its for owner in owners for its in owner._meta.constraints if isinstance(its, CheckConstraint)]
