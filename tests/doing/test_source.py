"""A migration file, taken apart: what is kept of it, and what cannot be taken apart."""

from __future__ import annotations

import pytest
from django.db import migrations, models

from django_safemigrate.doing.source import NotTakenApart, Source
from django_safemigrate.values.phases import Safe

HEAD = "from django.db import migrations, models\n"
CLASS = "class Migration(migrations.Migration):\n"
FIRST = 'migrations.RunPython(forwards, hints={"tables": TABLES})'
SECOND = 'migrations.RunSQL("SELECT 1")'
FILE = f"""\
from functools import cache
from django.db import migrations

TABLES = ["order"]


@cache
def tables():
    return TABLES


def forwards(apps, schema_editor):
    tables()


{CLASS}    dependencies = [("shop", "0001_initial")]
    operations = [
        # the rows
        {FIRST},
        {SECOND},  # nothing
    ]
"""


def test_what_only_an_operation_has_needed_goes_with_it() -> None:
    text = Source(FILE, 2).with_operations([1], Safe.before_deploy())
    assert SECOND + ",  # nothing" in text
    for word in ("forwards", "TABLES", "@cache", "functools"):
        assert word not in text


def test_what_an_operation_needs_at_any_distance_stays() -> None:
    text = Source(FILE, 2).with_operations([0], Safe.after_deploy())
    assert f"# the rows\n        {FIRST}," in text
    for word in ("def forwards", 'TABLES = ["order"]', "@cache\ndef tables", "from functools import cache"):
        assert word in text


def test_operations_of_ours_bring_what_they_need() -> None:
    """``models`` beside ``migrations``, in the line that is there."""
    added = migrations.AddField("order", "note", models.TextField(null=True))
    text = Source(FILE, 2).with_operations([added], Safe.before_deploy(), dependencies=[("shop", "0002_rows")])
    assert text.count("from django.db import") == 1
    assert "from django.db import migrations, models\n" in text
    assert "models.TextField(null=True)" in text
    assert "('shop', '0002_rows')," in text
    compile(text, "0003.py", "exec")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{HEAD}class Other:\n    operations = []\n", "it has no plain class Migration"),
        (f"{HEAD}{CLASS}    operations = []\n{CLASS}    operations = []\n", "it has no plain class Migration"),
        (f"{HEAD}{CLASS}    pass\n", "its operations are not one list"),
        (f"{HEAD}{CLASS}    operations = [] + [{SECOND}]\n", "its operations are not one list"),
        (f"{HEAD}{CLASS}    operations = [*MORE]\n", "its operations are not one list"),
    ],
    ids=["no class", "two classes", "no operations", "a sum", "fewer than there are"],
)
def test_what_nobody_writes_as_django_does_is_left_alone(text: str, reason: str) -> None:
    with pytest.raises(NotTakenApart, match=reason):
        Source(text, 2)
