"""SQL of several statements that nobody takes back together."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.migrations.operations import RunSQL

from django_safemigrate.grammar.parse import DoesNotParse, Tree, node, parse
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.naming import operations
from django_safemigrate.linting.sql.texts import texts_of
from django_safemigrate.values.findings import Code, Finding, Severity

from . import check

HALF_DONE_SQL = Code(
    "SM409",
    "half-done-sql",
    Severity.WARNING,
    "A RunSQL without a transaction has several statements: after a failure it cannot be run again.",
)

# What fails the second time, unless it has the flag: that it is there already, or no longer, does not matter.
_ONCE = {
    "alter_enum_stmt": "skip_if_new_val_exists",
    "composite_type_stmt": "",
    "create_domain_stmt": "",
    "create_enum_stmt": "",
    "create_extension_stmt": "if_not_exists",
    "create_function_stmt": "replace",
    "create_policy_stmt": "",
    "create_schema_stmt": "if_not_exists",
    "create_seq_stmt": "if_not_exists",
    "create_stats_stmt": "if_not_exists",
    "create_stmt": "if_not_exists",
    "create_table_as_stmt": "if_not_exists",
    "create_trig_stmt": "replace",
    "drop_stmt": "missing_ok",
    "index_stmt": "if_not_exists",
    "rename_stmt": "",
    "view_stmt": "replace",
}
_ONCE_IN_A_TABLE = frozenset({"AT_AddColumn", "AT_AddConstraint", "AT_DropColumn", "AT_DropConstraint"})


@check(HALF_DONE_SQL)
def half_done_sql(seen: Inspected) -> Iterator[Finding]:
    """Several statements in one string are one transaction for the server; the items of a list are not."""
    if seen.migration.atomic:
        return
    for path, operation in operations(seen):
        if isinstance(operation, RunSQL):
            texts = [text.sql for text in texts_of(operation) if not text.misfit]
            once = next((text for text in texts[:-1] if _only_once(text)), None)
            if once is not None:
                yield seen.finding(
                    HALF_DONE_SQL,
                    f"RunSQL sends {len(texts)} texts without a transaction, and cannot send this one twice: {_short(once)}",
                    "When a later one fails, or the process is killed, what was done stays done, and the migration is not "
                    "recorded: the next run begins with the first text, and fails.",
                    "Write each of them so that it can run again: IF NOT EXISTS, IF EXISTS, OR REPLACE. Or give each a "
                    "RunSQL of its own, behind which safemigrate goes on; with migrate, a migration of its own.",
                    operation=path,
                )


def _only_once(text: str) -> bool:
    """Whether it fails when it is sent a second time. Nobody knows of what does not parse, or without the parser."""
    try:
        return any(_fails_again(tree) for tree in parse(text))
    except (DoesNotParse, RuntimeError):  # which are findings themselves
        return False


def _fails_again(tree: Tree) -> bool:
    kind, fields = node(tree)
    if kind == "alter_table_stmt":
        commands = [command["alter_table_cmd"] for command in fields.get("cmds", [])]
        return any(one.get("subtype") in _ONCE_IN_A_TABLE and not one.get("missing_ok") for one in commands)
    return kind in _ONCE and not fields.get(_ONCE[kind])


def _short(text: str) -> str:
    """Its beginning, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."
