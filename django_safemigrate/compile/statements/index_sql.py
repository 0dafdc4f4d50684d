"""``CREATE INDEX`` in variants: concurrently, on another table, by another name."""

from __future__ import annotations

from django_safemigrate.compile.written import Written


def index_sql(written: Written, *, concurrent: bool = False, **parts: str) -> str:
    """The text of a ``CREATE [UNIQUE] INDEX`` statement of Django's, with or without CONCURRENTLY, with other parts.

    Built from Django's template, which begins with these words; never from the finished text.
    """
    plain = written.template.replace("INDEX CONCURRENTLY ", "INDEX ", 1)
    template = plain.replace("INDEX ", "INDEX CONCURRENTLY ", 1) if concurrent else plain
    return written.rendered(template, **parts)
