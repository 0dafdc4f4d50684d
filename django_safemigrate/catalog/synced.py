"""Which columns have a second one beside them: the triggers that keep them in step say so."""

from __future__ import annotations

from .query import Connection, quoted, rows


def origin_of(connection: Connection, table: str, column: str) -> str:
    """How a column of a (quoted) table is called, with its schema, in the arguments of the triggers that change it."""
    ((name,),) = rows(
        connection,
        "SELECT format('%%I.%%I.%%I', n.nspname, c.relname, %s::text) FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(%s)",
        [column, table],
    )
    return str(name)


def sync_arguments(connection: Connection, table: str, trigger: str) -> tuple[str, ...] | None:
    """What a trigger (unquoted) on a (quoted) table was told when it was created; None where there is no such trigger."""
    found = rows(
        connection,
        "SELECT tgargs FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgname = %s AND NOT tgisinternal",
        [table, trigger],
    )
    return _arguments(found[0][0]) if found else None


def synced(connection: Connection, origin: str, prefix: str) -> list[tuple[str, str]]:
    """The (quoted) tables and columns (unquoted) that change for the sake of one column, in the order of their triggers.

    ``prefix``: how the names of the triggers begin.
    """
    found = rows(
        connection,
        f"SELECT {quoted('t.tgrelid')}, t.tgargs FROM pg_trigger t WHERE NOT t.tgisinternal AND starts_with(t.tgname, %s) "
        "ORDER BY t.oid",
        [prefix],
    )
    known = [(table, _arguments(arguments)) for table, arguments in found]
    return [(table, arguments[1]) for table, arguments in known if arguments[0] == origin and len(arguments) > 1]


def synced_columns(connection: Connection, table: str, prefix: str) -> list[str]:
    """The columns of a (quoted) table that have a trigger of ours; ``prefix``: how the names of the triggers begin."""
    found = rows(
        connection,
        "SELECT tgargs FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal AND starts_with(tgname, %s)",
        [table, prefix],
    )
    return [_arguments(arguments)[1] for (arguments,) in found]


def _arguments(raw: bytes | memoryview) -> tuple[str, ...]:
    return tuple(bytes(raw).decode().split("\0")[:-1])
