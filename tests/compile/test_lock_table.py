"""The lock table of the documentation is what the server says, and nothing is missing from it."""

from __future__ import annotations

from pathlib import Path

import django
import pytest

from django_safemigrate.compile import statements
from tests.compile.lock_table import current
from tests.compile.runs import KINDS, names, observed

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("server")]

NEWEST = pytest.mark.skipif(django.VERSION < (6, 1), reason="the page is about the newest Django")
PAGE = Path(__file__).parents[2] / "docs" / "lock-table.md"


@NEWEST
def test_the_page_is_what_the_run_says() -> None:
    """To write it anew: ``python -m tests.compile.lock_table --write docs/lock-table.md``."""
    text = PAGE.read_text()
    assert current(text) == text


@NEWEST
def test_every_kind_of_statement_is_among_the_changes() -> None:
    """But for what no operation of Django's writes."""
    for name in names():
        observed(name)
    assert set(statements._TRANSLATORS) - KINDS == {
        "sql_retablespace_table",
        "sql_delete_constraint",
        "sql_drop_identity",  # Django's template is called sql_drop_indentity
        "unknown",  # what an engine of somebody else's adds
    }
