from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, UniqueConstraint
from django.db.models.functions import Lower

from django_safemigrate.testing.uniqueness import unique_names
from tests.decisions.states import model, state


def test_the_fields_of_exclusion_constraints_are_not_for_duplicates() -> None:
    room = model(
        "Room",
        name=models.TextField(),
        floor=models.IntegerField(),
        note=models.TextField(),
        time=DateRangeField(),
        options={
            "constraints": [
                UniqueConstraint(Lower("name"), name="room_name"),
                ExclusionConstraint(
                    expressions=[("time", RangeOperators.OVERLAPS), (F("floor"), RangeOperators.EQUAL)],
                    name="room_time",
                ),
            ]
        },
    )
    assert unique_names(state(room).apps.get_model("shop", "Room")) == {"id", "name", "time", "floor"}
