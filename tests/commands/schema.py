"""The schema of the test's database, to be compared with another: columns, indexes and constraints, whatever their order."""

from __future__ import annotations

from tests.support.database import is_postgres, rows

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
       pg_get_expr(d.adbin, d.adrelid), a.attcollation::regcollation::text
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
"""
INDEXES = """
SELECT i.indrelid::regclass::text, pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisunique
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.relnamespace = 'public'::regnamespace
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""

SQLITE_COLUMNS = """
SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk
FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
"""
SQLITE_INDEXES = "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"


def schema(prefix: str = "shop_") -> set[str]:
    """A line for everything in the tables whose names begin with ``prefix``."""
    queries = (COLUMNS, INDEXES, CONSTRAINTS) if is_postgres() else (SQLITE_COLUMNS, SQLITE_INDEXES)
    return {str(row) for query in queries for row in rows(query) if row[0].strip('"').startswith(prefix)}
