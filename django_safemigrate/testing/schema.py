"""A schema as lines, to be compared with another: what PostgreSQL's catalog (or SQLite's) says, whatever the order."""

from __future__ import annotations

from collections import Counter

from django.db.backends.base.base import BaseDatabaseWrapper

# A line for each thing: its table, its kind, what it is. Names of schemas are left out where it is the first of search_path.
_IN_USE = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
POSTGRES = (
    f"""
    SELECT c.oid::regclass::text, 'table', c.relkind::text || ' ' || c.relpersistence::text
        || coalesce(' comment ' || quote_literal(obj_description(c.oid, 'pg_class')), '')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND {_IN_USE}
    """,
    f"""
    SELECT c.oid::regclass::text, 'column ' || a.attname, format_type(a.atttypid, a.atttypmod)
        || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
        || CASE WHEN EXISTS (
            SELECT FROM pg_constraint v
            WHERE v.conrelid = c.oid AND v.contype = 'n' AND NOT v.convalidated AND a.attnum = ANY (v.conkey)
        ) THEN ' (not validated)' ELSE '' END
        || CASE a.attidentity WHEN 'd' THEN ' identity by default' WHEN 'a' THEN ' identity always' ELSE '' END
        || CASE WHEN a.attgenerated <> '' THEN ' generated ' || a.attgenerated::text ELSE '' END
        || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
        || CASE WHEN a.attcollation <> t.typcollation THEN ' collate ' || a.attcollation::regcollation::text ELSE '' END
        || coalesce(' comment ' || quote_literal(col_description(c.oid, a.attnum)), '')
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {_IN_USE}
    """,
    f"""
    SELECT i.indrelid::regclass::text, 'index ' || c.relname, pg_get_indexdef(i.indexrelid)
        || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {_IN_USE}
    """,
    f"""
    SELECT o.conrelid::regclass::text, 'constraint ' || o.conname,
        pg_get_constraintdef(o.oid) || CASE WHEN o.convalidated THEN '' ELSE ' (not validated)' END
    FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace
    WHERE o.conrelid <> 0 AND o.contype <> 'n' AND {_IN_USE}
    """,
    f"""
    SELECT coalesce(d.refobjid::regclass::text, ''), 'sequence ' || c.relname,
        s.seqtypid::regtype::text || coalesce(' of ' || a.attname, '') || ' increment ' || s.seqincrement::text
    FROM pg_sequence s
    JOIN pg_class c ON c.oid = s.seqrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_depend d ON d.objid = c.oid AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
        AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
    LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE {_IN_USE}
    """,
    f"""
    SELECT t.tgrelid::regclass::text, 'trigger ' || t.tgname, pg_get_triggerdef(t.oid)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND {_IN_USE}
    """,
    f"""
    SELECT '', 'function ' || p.oid::regprocedure::text, md5(p.prosrc)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE {_IN_USE}
        AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = p.oid AND e.deptype = 'e')
    """,
)
SQLITE = (
    """
    SELECT m.name, 'column ' || c.name, c.type || CASE WHEN c."notnull" THEN ' not null' ELSE '' END
        || coalesce(' default ' || c.dflt_value, '') || CASE WHEN c.pk THEN ' primary key' ELSE '' END
    FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
    """,
    "SELECT tbl_name, 'index ' || name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
)

Schema = dict[tuple[str, str], str]


def schema_of(connection: BaseDatabaseWrapper) -> Schema:
    """What is in a database: by table and name, its definition. Reads only."""
    found: Schema = {}
    with connection.cursor() as cursor:
        for query in POSTGRES if connection.vendor == "postgresql" else SQLITE:
            cursor.execute(query)
            found.update({(table, name): definition for table, name, definition in cursor.fetchall()})
    return found


def schema_differences(expected: Schema, found: Schema, other: str) -> list[tuple[str, str]]:
    """The table of each difference, and a line about it; ``other`` is where the expected one is from."""
    lines = []
    for key in sorted(expected.keys() | found.keys()):
        table, name = key
        wanted, got = expected.get(key), found.get(key)
        place = f"{name} of {table}" if table and not name.startswith("table") else f"{name} {table}".strip()
        if got is None:
            lines.append((table, f"{place} is missing: {wanted}"))
        elif wanted is None:
            lines.append((table, f"{place} is left over: {got}"))
        elif wanted != got:
            lines.append((table, f"{place} is: {got}\n{' ' * 2}and in that of {other}: {wanted}"))
    return lines


def named_differently(expected: Schema, found: Schema) -> set[tuple[str, str]]:
    """The indexes and constraints that are in both, under other names."""
    keys = {key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)}
    wanted, got = ({key: _nameless(key, its[key]) for key in keys & its.keys()} for its in (expected, found))
    both = Counter(wanted.values()) & Counter(got.values())
    return {
        key
        for its in (wanted, got)
        for key, definition in its.items()
        if both[definition] == list(its.values()).count(definition)
    }


def _nameless(key: tuple[str, str], definition: str) -> tuple[str, str, str]:
    """A definition without the name of what it defines; what is no index and no constraint is nothing without its name."""
    table, place = key
    kind, _, name = place.partition(" ")
    if kind not in {"index", "constraint"}:
        return table, place, definition
    return table, kind, definition.replace(f" {name} ", " ? ").replace(f' "{name}" ', " ? ")
