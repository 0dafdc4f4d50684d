"""The sizes of all tables at once."""

from __future__ import annotations

from django_safemigrate.values.sizes import Size

from .query import Connection, rows

_SIZES = r"""
WITH RECURSIVE tree (root, oid) AS (
    SELECT c.oid, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%%'
    UNION ALL SELECT tree.root, i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid
)
SELECT CASE WHEN pg_table_is_visible(tree.root) THEN '' ELSE n.nspname || '.' END || own.relname,
       bool_or(c.reltuples < 0 AND c.relkind <> 'p'), sum(greatest(c.reltuples, 0))::bigint,
       coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
FROM tree JOIN pg_class c ON c.oid = tree.oid JOIN pg_class own ON own.oid = tree.root
JOIN pg_namespace n ON n.oid = own.relnamespace
GROUP BY tree.root, n.nspname, own.relname
"""


def table_sizes(connection: Connection) -> dict[str, Size]:
    """Of each table and materialized view, with its partitions, by its name; with its schema where the search path does not
    lead to it. Takes ACCESS SHARE on each for a moment, as its size is looked up."""
    return {
        name: Size(None if unknown else int(estimate), int(size))
        for name, unknown, estimate, size in rows(connection, _SIZES, {})
    }
