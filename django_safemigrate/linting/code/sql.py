"""Findings about the SQL that code sends, as far as its text is there: those that RunSQL would have (SM2xx)."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.sql.review import findings_in_sql
from django_safemigrate.linting.statements.codes import PARSER, SYNTAX
from django_safemigrate.values.findings import Finding

from .examined import Examined
from .facts import Kind
from .places import place_of


def findings(inspected: Inspected, one: Examined) -> Iterator[Finding]:
    """What does not parse may have been put together with something that is only known when it runs."""
    facts = [fact for fact in one.facts if fact.kind is Kind.SQL]
    try:
        for fact in facts:
            place = place_of(inspected, one, fact)
            for found in findings_in_sql(inspected, fact.detail, one.state, operation=one.path, place=place):
                if found.code is not SYNTAX:
                    yield found
    except RuntimeError as missing:
        yield inspected.finding(
            PARSER,
            f"The SQL that {one.name} sends has not been looked at.",
            str(missing).partition(" Run: ")[0],
            "pip install 'django-safemigrate-pg[sql]'",
            operation=one.path,
        )
