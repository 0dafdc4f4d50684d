"""One SQL text to ``Statement``s: what the grammar says of each."""

from __future__ import annotations

from collections.abc import Callable

from django_safemigrate.grammar.alter_table import alter_table
from django_safemigrate.grammar.indexes import create_index, reindex
from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.objects import comment, drop, grant, rename, set_schema
from django_safemigrate.grammar.parse import DoesNotParse, Tree, node, parse
from django_safemigrate.grammar.queries import WRITES, query
from django_safemigrate.grammar.sequences import alter_sequence, create_sequence
from django_safemigrate.grammar.statements import Statement, one
from django_safemigrate.grammar.tables import (
    analyze,
    create_statistics,
    create_table,
    create_table_as,
    create_trigger,
    create_view,
    lock_table,
    truncate,
)


def statements(sql: str) -> list[Statement]:
    """Each statement of a text. Raises ``DoesNotParse``."""
    return [statement(tree) for tree in parse(sql)]


def classify(sql: str) -> Statement:
    """The one statement of a text. Raises ``DoesNotParse``, also for none and for several."""
    found = statements(sql)
    if len(found) != 1:
        raise DoesNotParse(sql, f"{len(found)} statements instead of one")
    return found[0]


def statement(tree: Tree) -> Statement:
    """What one of the trees that ``parse`` gives says."""
    kind, fields = node(tree)
    if kind == "select_stmt" or kind in WRITES:
        return query(kind, fields)
    read = _READERS.get(kind)
    return read(fields) if read else one(Kind.OTHER)


_READERS: dict[str, Callable[[Tree], Statement]] = {
    "alter_object_schema_stmt": set_schema,
    "alter_seq_stmt": alter_sequence,
    "alter_table_stmt": alter_table,
    "comment_stmt": comment,
    "constraints_set_stmt": lambda tree: one(Kind.SET_CONSTRAINTS),
    "create_extension_stmt": lambda tree: one(Kind.CREATE_EXTENSION, tree["extname"]),
    "create_function_stmt": lambda tree: one(Kind.CREATE_FUNCTION),
    "create_seq_stmt": create_sequence,
    "create_stats_stmt": create_statistics,
    "create_stmt": create_table,
    "create_table_as_stmt": create_table_as,
    "create_trig_stmt": create_trigger,
    "define_stmt": lambda tree: one(Kind.CREATE_COLLATION if tree["kind"] == "OBJECT_COLLATION" else Kind.OTHER),
    "drop_stmt": drop,
    "grant_stmt": grant,
    "index_stmt": create_index,
    "lock_stmt": lock_table,
    "reindex_stmt": reindex,
    "rename_stmt": rename,
    "truncate_stmt": truncate,
    "vacuum_stmt": analyze,
    "variable_set_stmt": lambda tree: one(Kind.SET, tree.get("name", "")),
    "view_stmt": create_view,
}
