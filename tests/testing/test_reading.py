"""Whether what was read is what was written, whatever the field has become meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import models

from django_safemigrate.testing.reading import same


@pytest.mark.parametrize(
    ("field", "written", "read", "expected"),
    [
        (models.IntegerField(null=True), None, None, True),
        (models.IntegerField(null=True), None, 0, False),
        (models.IntegerField(), None, 0, True),  # the other version's NULL has got the default
        (models.IntegerField(), "12", 12, True),
        (models.IntegerField(), 12, 13, False),
        (models.CharField(max_length=9), 12, "12", True),
        (models.DateField(), "no date", "no date", True),
        (models.DateField(), "no date", "2026-01-01", False),
        (models.BinaryField(), b"ab", memoryview(b"ab"), True),
        (models.BinaryField(), b"ab", memoryview(b"abc"), False),
        (models.TextField(), "a", "b", False),
    ],
)
def test_same(field: Any, written: Any, read: Any, expected: bool) -> None:
    assert same(field, written, read) is expected


def test_a_relation_is_compared_as_its_target() -> None:
    key = Permission._meta.get_field("content_type")
    assert same(key, "7", 7)
    assert not same(key, 7, 8)
