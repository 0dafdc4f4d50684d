"""Which fields an index of a model has, as far as its state says."""

from __future__ import annotations

from typing import Any

from django.db.migrations.state import ModelState
from django.db.models import CheckConstraint

from .resources import fields_named_in


def is_indexed(model: ModelState, name: str) -> bool:
    """Whether an index has the field, by itself, with others, in an expression or in its condition."""
    field: Any = model.fields[name]
    options = model.options
    sets = [*(options.get("unique_together") or ()), *(options.get("index_together") or ())]
    indexes = [*(options.get("indexes") or ()), *(options.get("constraints") or ())]
    named = [*sets, *(_named_in(one) for one in indexes if not isinstance(one, CheckConstraint))]
    return bool(field.unique or field.db_index or any(name in names for names in named))


def _named_in(index: Any) -> set[str]:
    """The fields of an index, or of a constraint that has one."""
    names = {
        name.removeprefix("-") for name in (*getattr(index, "fields", ()), *(getattr(index, "include", None) or ()))
    }
    for expression in (*(getattr(index, "expressions", None) or ()), index.condition):
        one = expression[0] if isinstance(expression, tuple) else expression  # those of exclusion constraints
        names |= {one} if isinstance(one, str) else fields_named_in(one)
    return names
