"""CHECK and exclusion constraints come and go."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db.migrations import AddConstraint, RemoveConstraint
from django.db.models import CheckConstraint, F, Q

from tests.compile.shop import change

CHECK = CheckConstraint(condition=Q(kept__lt=F("amount") + 9), name="k")
EXCLUSION = ExclusionConstraint(expressions=[("period", RangeOperators.OVERLAPS)], name="k")

CHANGES = [
    change("check", AddConstraint("order", CHECK), back=True),
    change("check dropped", RemoveConstraint("order", "shop_amount")),
    change("check, not valid by its author", AddConstraintNotValid("order", CHECK)),
    change("check validated", ValidateConstraint("order", "k"), before=[AddConstraintNotValid("order", CHECK)]),
    change("exclusion constraint", AddConstraint("order", EXCLUSION), small=True, back=True),
]
