from __future__ import annotations

import pytest
from django.db import models

from django_safemigrate.values.column_types import TypeChange
from django_safemigrate.values.relations import target_of, type_change_of, typed_by
from tests.decisions.states import model, state

CASCADE = models.CASCADE
STATE = state(
    model("Person", id=models.UUIDField(primary_key=True), code=models.CharField(max_length=9, unique=True)),
    model(
        "Author",
        bases=("shop.Person",),
        person_ptr=models.OneToOneField("shop.Person", CASCADE, parent_link=True, primary_key=True),
    ),
    model("Order", author=models.ForeignKey("shop.Author", CASCADE)),
)
ORDER = ("shop", "order")


@pytest.mark.parametrize(
    ("field", "target", "kind"),
    [
        (models.IntegerField(), None, "IntegerField"),
        (models.ForeignKey("shop.Person", CASCADE), (("shop", "person"), "id"), "UUIDField"),
        (models.ForeignKey("Person", CASCADE, to_field="code"), (("shop", "person"), "code"), "CharField"),
        (models.ForeignKey("shop.Author", CASCADE, to_field="code"), (("shop", "author"), "code"), "CharField"),
        (models.ForeignKey("shop.Author", CASCADE), (("shop", "author"), "person_ptr"), "UUIDField"),
        (models.ForeignKey("self", CASCADE), (("shop", "order"), "id"), "BigAutoField"),
    ],
)
def test_a_relation_is_followed_to_its_type(field: models.Field, target: object, kind: str) -> None:  # type: ignore[type-arg]
    assert target_of(field, ORDER, STATE) == target
    found = typed_by(field, ORDER, STATE)
    assert found is not None
    assert found.get_internal_type() == kind


def test_a_relation_to_what_the_state_does_not_know_has_a_type_of_its_own() -> None:
    unknown, other = models.ForeignKey("else.Where", CASCADE), models.ForeignKey("else.There", CASCADE)
    assert typed_by(unknown, ORDER, STATE) is None
    assert type_change_of(unknown, models.ForeignKey("else.Where", models.PROTECT), ORDER, STATE) is TypeChange.NONE
    assert type_change_of(unknown, other, ORDER, STATE) is TypeChange.OTHER


def test_types_are_those_of_the_targets() -> None:
    person = models.ForeignKey("shop.Person", CASCADE)
    assert type_change_of(person, models.UUIDField(), ORDER, STATE) is TypeChange.NONE
    assert type_change_of(person, models.ForeignKey("shop.Order", CASCADE), ORDER, STATE) is TypeChange.OTHER


def test_keys_that_lead_in_a_circle_or_nowhere_have_no_type() -> None:
    """Django would not bear them in a project; in a migration by hand they can stand for a moment."""
    one = model("One", two=models.ForeignKey("shop.Two", CASCADE, to_field="one"))
    two = model("Two", one=models.ForeignKey("shop.One", CASCADE, to_field="two"))
    assert typed_by(models.ForeignKey("shop.One", CASCADE, to_field="two"), ORDER, state(one, two)) is None
    assert typed_by(models.ForeignKey("shop.Author", CASCADE, to_field="gone"), ORDER, STATE) is None
