"""Statements that still know from which of Django's templates they were made.

Django writes its DDL from templates (``sql_create_table``, ``sql_alter_column`` ...), partly as ``Statement`` objects, mostly
as plain strings. Here the templates are a ``str`` that remembers its name and what was put into it, so that nobody has to
read SQL to know what a statement does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db.backends.ddl_references import Statement


class Tagged(str):
    """SQL made from a template; what is put behind it (``NOT VALID``, a tablespace) is its ``suffix``."""

    template: Template
    parts: Mapping[str, Any]
    suffix: str

    def __new__(cls, text: str, template: Template, parts: Mapping[str, Any], suffix: str = "") -> Tagged:
        made = super().__new__(cls, text)
        made.template, made.parts, made.suffix = template, parts, suffix
        return made

    def __add__(self, other: str) -> Tagged:
        return Tagged(str.__add__(self, other), self.template, self.parts, self.suffix + other)


class Template(str):
    """One of an editor's ``sql_*`` attributes, with the name of the attribute."""

    kind: str

    def __new__(cls, text: str, kind: str) -> Template:
        made = super().__new__(cls, text)
        made.kind = kind
        return made

    def __mod__(self, parts: Any) -> Tagged:
        return Tagged(str.__mod__(self, parts), self, parts)

    def __add__(self, other: str) -> Template:
        return Template(str.__add__(self, other), self.kind)


@dataclass(frozen=True)
class Fragment:
    """A part of an ``ALTER TABLE``: what it changes about a column. ``sql`` is final."""

    kind: str
    column: str
    sql: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """One statement that Django would execute now. ``kind`` is the name of its template, empty where nobody knows it.

    ``sql`` is the final text. ``details`` is what the template does not say: the field, the definition of a column with its
    parameters.
    """

    kind: str
    parts: Mapping[str, Any]
    sql: str
    suffix: str = ""
    fragments: tuple[Fragment, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    template: str = ""

    def part(self, name: str) -> str:
        """A part as SQL; empty where the template has none of that name."""
        return str(self.parts.get(name, ""))

    def rendered(self, template: str = "", **parts: str) -> str:
        """The same statement with other parts, or from another template."""
        return str.__mod__(template or self.template, {**self.parts, **parts})

    @property
    def table(self) -> str:
        """The table that it changes, quoted."""
        return self.part("table") or self.part("old_table")


def read(sql: Any) -> tuple[str, Mapping[str, Any], str, str]:
    """Kind, parts, suffix and template of whatever Django hands to ``execute``; all empty where nobody knows them."""
    if isinstance(sql, Statement):
        constraint = sql.parts.get("constraint")
        if isinstance(constraint, Statement) and constraint.template == ExclusionConstraint.template:
            return "exclusion", sql.parts, "", sql.template
        return getattr(sql.template, "kind", ""), sql.parts, "", str.__str__(sql.template)
    if isinstance(sql, Tagged):
        return sql.template.kind, sql.parts, sql.suffix, str.__str__(sql.template)
    return "", {}, "", ""
