"""``safemigrate --export-sizes``: what the catalog says goes into a file, and nothing is changed."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from django_safemigrate.linting.sizes import read_sizes
from django_safemigrate.management import exporting
from django_safemigrate.values.errors import LockUnavailable, UsageError
from tests.support.database import execute, is_postgres, value
from tests.support.traffic import holding

SCHEMA = """
CREATE SCHEMA archive;
CREATE TABLE shop_order (id int);
INSERT INTO shop_order SELECT generate_series(1, 5000);
ANALYZE shop_order;
CREATE TABLE archive.shop_order (id int);
CREATE TABLE log (id int) PARTITION BY RANGE (id);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (100);
INSERT INTO log SELECT generate_series(1, 50);
ANALYZE log_1;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM shop_order;
"""


def export(path: Path | str) -> str:
    stdout = StringIO()
    call_command("safemigrate", "--export-sizes", str(path), stdout=stdout)
    return stdout.getvalue()


@pytest.mark.postgres
@pytest.mark.usefixtures("database")
class TestOnPostgres:
    @pytest.fixture(autouse=True)
    def schema(self, database: None) -> None:
        execute(SCHEMA)

    def test_every_table_is_in_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "sizes.json"
        assert export(path) == f"Wrote the sizes of 5 tables to {path}.\n"
        sizes = read_sizes(path)
        assert set(sizes) == {"shop_order", "archive.shop_order", "log", "log_1", "totals"}
        order = sizes["shop_order"]
        assert order.rows == 5000
        assert order.bytes == value("SELECT pg_total_relation_size('shop_order')")
        assert sizes["archive.shop_order"].rows is None
        assert sizes["log"].rows == 50
        data = json.loads(path.read_text())
        assert data["server_version"] == value("SHOW server_version")
        assert "T" in data["exported_at"]

    def test_to_standard_output(self) -> None:
        assert "shop_order" in json.loads(export("-"))["tables"]

    def test_where_it_cannot_be_written(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
            export(tmp_path / "nowhere" / "sizes.json")

    def test_a_table_that_is_locked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exporting, "PATIENCE", "50ms")
        with holding("LOCK TABLE shop_order"), pytest.raises(LockUnavailable, match="The sizes cannot be read"):
            export("-")


@pytest.mark.skipif(is_postgres(), reason="of another database")
@pytest.mark.usefixtures("database")
def test_another_database_has_no_sizes() -> None:
    with pytest.raises(UsageError, match=f"is {connection.vendor}, not PostgreSQL"):
        export("-")
