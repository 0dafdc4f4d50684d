"""Any table, whatever its key is: each row is changed once, in short batches, in one pass."""

from __future__ import annotations

import pytest
from django.db import connection

from django_safemigrate.catalog.keys import Blocks, Key, order_of
from django_safemigrate.doing.backfill.worker import Ending, work
from django_safemigrate.models import Backfill, BackfillChunk
from tests.support.database import execute, value
from tests.support.project import Project

from .begun import COLUMNS, begin, counted

pytestmark = pytest.mark.postgres

ROWS = 2_000
WORDS = "(ARRAY['a','B','ä','Z','ß','é','_',' '])[1 + n % 8] || n || '''\\%'"

KEYS = {
    "integer": ("k int PRIMARY KEY", "n - 1000", ["k"]),
    "uuid": ("k uuid PRIMARY KEY", "gen_random_uuid()", ["k"]),
    "text": ("k text PRIMARY KEY", WORDS, ["k"]),
    "text, C": ('k text COLLATE "C" PRIMARY KEY', WORDS, ["k"]),
    "text, ICU": ('k text COLLATE "de-x-icu" PRIMARY KEY', WORDS, ["k"]),
    "varchar": ("k varchar(20) PRIMARY KEY", WORDS, ["k"]),
    "char": ("k char(9) PRIMARY KEY", "n", ["k"]),
    "numeric": ("k numeric(12, 3) PRIMARY KEY", "n / 7.0", ["k"]),
    "time": ("k timestamptz PRIMARY KEY", "now() - n * interval '1 hour 7.000001 s'", ["k"]),
    "bytes": ("k bytea PRIMARY KEY", "decode(md5(n::text), 'hex')", ["k"]),
    "a name to quote": ('"K %s ""k""" int PRIMARY KEY', "n", ['"K %s ""k"""']),
    "two columns": ("k int, l text, PRIMARY KEY (l, k)", "n % 50, 'x' || n / 50", ["l", "k"]),
    "three columns": (
        "k uuid, l date, m int, PRIMARY KEY (k, l, m)",
        "gen_random_uuid(), '2020-02-29', n",
        ["k", "l", "m"],
    ),
    "unique": ("k int, l int NOT NULL UNIQUE", "NULL, n", ["l"]),
    "no key": ("k int", "n", None),
    "unique, with NULL": ("k int UNIQUE", "nullif(n, 7)", None),
    "unique, deferrable": ("k int NOT NULL UNIQUE DEFERRABLE", "n", None),
}


@pytest.mark.parametrize("name", KEYS)
def test_each_row_once(live: Project, name: str) -> None:
    columns, values, expected = KEYS[name]
    if "icu" in columns and not value("SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'de-x-icu')"):
        pytest.skip("this server was built without ICU")
    execute(f"CREATE TABLE item ({columns}, {COLUMNS})")
    execute(f"INSERT INTO item SELECT {values} FROM generate_series(1, {ROWS}) n; ANALYZE item")
    order = order_of(connection, '"item"')
    if expected is None:
        assert isinstance(order, Blocks)
    else:
        assert isinstance(order, Key)
        assert list(order.columns) == expected
    key = begin()
    assert work(connection, key) is Ending.DONE
    assert counted() == [("done", 1, ROWS)]
    seen = Backfill.objects.get(pk=key)
    assert (seen.rows, seen.done is not None) == (ROWS, True)
    # Rows that an update has moved to a later block are met twice, and are right by then.
    assert seen.number == 1 or expected is None
    assert not BackfillChunk.objects.exists()


@pytest.mark.parametrize("key", ["PRIMARY KEY (id, part)", "CHECK (true)"])
def test_partitioned_tables(live: Project, key: str) -> None:
    execute(
        f"CREATE TABLE item (id int, part int, {COLUMNS}, {key}) PARTITION BY LIST (part);"
        "CREATE TABLE item_0 PARTITION OF item FOR VALUES IN (0);"
        "CREATE TABLE item_1 PARTITION OF item FOR VALUES IN (1) PARTITION BY RANGE (id);"
        "CREATE TABLE item_1a PARTITION OF item_1 FOR VALUES FROM (0) TO (500);"
        "CREATE TABLE item_1b PARTITION OF item_1 DEFAULT;"
        f"INSERT INTO item SELECT n, n % 2 FROM generate_series(1, {ROWS}) n; ANALYZE item"
    )
    work(connection, begin())
    assert counted() == [("done", 1, ROWS)]


def test_an_empty_table(live: Project) -> None:
    execute(f"CREATE TABLE item (id int PRIMARY KEY, {COLUMNS})")
    key = begin()
    assert work(connection, key) is Ending.DONE
    assert Backfill.objects.get(pk=key).done is not None


def test_another_schema(live: Project) -> None:
    execute(f'CREATE SCHEMA "Other"; CREATE TABLE "Other".item (id int PRIMARY KEY, {COLUMNS});')
    execute('INSERT INTO "Other".item SELECT generate_series(1, 500)')
    work(connection, begin('"Other"."item"'))
    assert counted('"Other"."item"') == [("done", 1, 500)]


def test_a_table_with_rules(live: Project) -> None:
    """With them no UPDATE can be a part of another statement."""
    execute(f"CREATE TABLE item (k int PRIMARY KEY, {COLUMNS}); CREATE TABLE noted (k int)")
    execute(f"INSERT INTO item SELECT n FROM generate_series(1, {ROWS}) n; ANALYZE item")
    execute("CREATE RULE noting AS ON UPDATE TO item DO ALSO INSERT INTO noted VALUES (new.k)")
    key = begin()
    assert work(connection, key) is Ending.DONE
    assert counted() == [("done", 1, ROWS)]


def test_each_batch_reads_its_own_range_alone(live: Project) -> None:
    """Also before the planner knows anything of the table, and where its key is in no order."""
    execute(f"CREATE TABLE item (id uuid PRIMARY KEY, {COLUMNS}) WITH (autovacuum_enabled = false)")
    execute("INSERT INTO item SELECT gen_random_uuid() FROM generate_series(1, 5000)")
    work(connection, begin())
    execute(
        "SELECT pg_stat_force_next_flush()" if connection.pg_version >= 150000 else "SELECT pg_stat_clear_snapshot()"
    )
    # Those that look for the last key and verify at the end, and nothing for a batch.
    assert value("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'item'") <= 3
