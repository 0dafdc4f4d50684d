"""SQL that code sends is put to the rules of RunSQL."""

from __future__ import annotations

import sys

import pytest

from tests.support.project import Project

from .looking import codes, findings

pytest.importorskip("postgast")

HEAD = """
from django.db import connection

ALL = "UPDATE shop_order SET number = 'x'"

def fill(apps, schema_editor):
    """


@pytest.mark.parametrize(
    "lines",
    [
        "schema_editor.execute(ALL)",
        "connection.cursor().execute('UPDATE shop_order ' \"SET number = %s\", ['100%'])",
        "with schema_editor.connection.cursor() as cursor: cursor.execute('UPDATE shop_order SET number = %(n)s', params={})",
        "with connection.cursor() as cursor:\n        for sql in [ALL, 'SELECT 1']:\n            cursor.execute(sql)",
    ],
)
def test_all_rows_in_one_statement(project: Project, lines: str) -> None:
    [found] = findings(project, HEAD + lines)
    assert (found.code.code, found.table, found.operation) == ("SM223", "shop_order", "0")
    assert found.place.line >= 12


def test_schema_changes_have_the_codes_of_their_statements(project: Project) -> None:
    assert codes(project, HEAD + "schema_editor.execute('CREATE INDEX a ON shop_order (number)')") == ["SM201"]


def test_what_a_column_was_before_the_models_say(project: Project) -> None:
    change = "schema_editor.execute('ALTER TABLE shop_order ALTER number TYPE {}')"
    assert codes(project, HEAD + change.format("varchar(200)")) == []
    assert codes(project, HEAD + change.format("varchar(2)")) == ["SM211"]


@pytest.mark.parametrize(
    "line",
    [
        "schema_editor.execute('UPDATE shop_order SET number = 1 WHERE id = 5')",
        "schema_editor.execute('SELECT 1 WHERE %%')",
        "schema_editor.execute(f'UPDATE {apps} SET number = 1')",
        "schema_editor.execute('UPDATE %s SET number = 1' % ALL)",
        "schema_editor.execute(ALL.lower())",
        "schema_editor.execute()",
    ],
)
def test_what_is_narrow_or_put_together_is_left_alone(project: Project, line: str) -> None:
    assert codes(project, HEAD + line) == []


def test_without_the_parser_it_is_said(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "postgast", None)
    [found] = findings(project, HEAD + "schema_editor.execute(ALL)")
    assert (found.code.code, found.fact) == ("SM990", "The SQL that fill() sends has not been looked at.")
