"""What a database is like: schema, data, journal, recorded migrations, as lines of text that can be compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import psycopg

OURS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
SCHEMA = {
    "relation": f"""
        SELECT c.oid::regclass::text, c.relkind, c.relpersistence, c.reloptions::text,
            pg_get_expr(c.relpartbound, c.oid), obj_description(c.oid, 'pg_class'),
            (SELECT array_agg(inhparent::regclass::text ORDER BY 1) FROM pg_inherits WHERE inhrelid = c.oid)::text
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}
    """,
    "column": f"""
        SELECT a.attrelid::regclass::text, row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum), a.attname,
            format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
            a.attcollation::regcollation::text,
            pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {OURS}
    """,
    "index": f"""
        SELECT i.indrelid::regclass::text, pg_get_indexdef(i.indexrelid), i.indisvalid AS valid, i.indisready AS ready,
            i.indislive AS live, i.indisunique, i.indisprimary, i.indimmediate
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}
    """,
    "constraint": f"""
        SELECT o.conrelid::regclass::text, o.conname, pg_get_constraintdef(o.oid), o.convalidated AS validated,
            o.conindid::regclass::text, o.conparentid <> 0 AS inherited
        FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace WHERE {OURS}
    """,
    "sequence": """
        SELECT sequencename, data_type::text, start_value, increment_by, cycle,
            (SELECT array_agg(format('%s.%s', refobjid::regclass, refobjsubid)) FROM pg_depend
             WHERE classid = 'pg_class'::regclass AND objid = to_regclass(sequencename) AND deptype IN ('a', 'i'))::text
        FROM pg_sequences WHERE schemaname = 'public'
    """,
    "trigger": "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal",
    "view": "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
    "function": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "type": f"""
        SELECT t.typname, t.typtype FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE t.typtype NOT IN ('c') AND t.typelem = 0 AND {OURS}
    """,
    "statistics": "SELECT tablename, attname FROM pg_stats WHERE schemaname = 'public' AND tablename LIKE 'shop%'",
    "setting": """
        SELECT setrole::regrole::text, setconfig::text FROM pg_db_role_setting
        WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    """,
    "prepared": "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()",
    "advisory": """
        SELECT classid, objid, pid FROM pg_locks WHERE locktype = 'advisory'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """,
}
RECORDED = {
    "recorded": "SELECT row_number() OVER (ORDER BY id), app, name FROM django_migrations",
    "content type": "SELECT app_label, model FROM django_content_type",
    "permission": """
        SELECT app_label, model, codename, name FROM auth_permission p JOIN django_content_type t ON t.id = content_type_id
    """,
    # Of runs and of the lease only what must not stay: a run that nobody has ended, a turn that nobody has given back.
    "run": "SELECT what, outcome FROM django_safemigrate_migrationrun WHERE outcome = 'running'",
    "lease": "SELECT owner FROM django_safemigrate_runnerlease WHERE expires > clock_timestamp()",
    "delayed": "SELECT app, name FROM django_safemigrate_safemigration",
    "journal": """
        SELECT app, name, backwards, operation, number, (step - 'remark')::text,
            done IS NOT NULL AS done, closed IS NOT NULL AS closed
        FROM django_safemigrate_migrationstep
    """,
    # Each row was counted once; and no chunk is anybody's any more.
    "fill": "SELECT name, rows, done IS NOT NULL AS done FROM django_safemigrate_backfill",
    "chunk": "SELECT worker FROM django_safemigrate_backfillchunk WHERE worker <> '' OR session IS NOT NULL",
}
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'shop%' ORDER BY 1"
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")


def picture(session: psycopg.Connection[Any], volatile: Sequence[str] = ()) -> list[str]:
    """The lines. Of ``volatile`` columns only which rows have a value and how many different ones there are.

    What may differ is left out: keys that sequences give, which do not go back with a transaction (so a row that is there
    twice is two lines), and the remark of a step, in which the server's estimate of a size may stand.
    """
    lines: list[str] = []
    for kind, query in SCHEMA.items():
        lines += sorted(_line(kind, row) for row in session.execute(query).fetchall())
    for kind, query in RECORDED.items():
        if session.execute("SELECT to_regclass(%s)", [query.split("FROM ")[1].split()[0]]).fetchone() != (None,):
            lines += sorted(_line(kind, row) for row in session.execute(query).fetchall())
    for (table,) in session.execute(TABLES).fetchall():
        lines += sorted(_rows(session, table, volatile))
    return lines


def _rows(session: psycopg.Connection[Any], table: str, volatile: Sequence[str]) -> list[str]:
    rows = [row for (row,) in session.execute(f"SELECT to_jsonb(t) - 'id' FROM \"{table}\" t").fetchall()]
    counts = []
    for column in volatile:
        if rows and column in rows[0]:
            counts.append(f"different values of {table}.{column}: {len({row[column] for row in rows})}")
            for row in rows:
                row[column] = None if row[column] is None else "something"
    return [*counts, *(f"{table}: {sorted(row.items())}" for row in rows)]


def _line(kind: str, row: Sequence[Any]) -> str:
    return f"{kind}: {_UUID.sub('(uuid)', ' | '.join(str(value) for value in row))}"
