"""Sessions that keep every table busy for a while, as a report or a batch job does."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from .options import Options
from .scratch import Scratch


@contextlib.contextmanager
def holding(scratch: Scratch, name: str, options: Options) -> Iterator[None]:
    """Transactions that have each table locked from the beginning of the context, for ``options.reader`` seconds as a reader
    and for ``options.writer`` seconds as a writer has it; their end is waited for, unless something is wrong."""
    over = threading.Event()
    modes = {"ACCESS SHARE": options.reader, "ROW EXCLUSIVE": options.writer}
    threads = []
    for mode, seconds in modes.items():
        if seconds and scratch.on_postgres:
            begun = threading.Event()
            threads.append(
                threading.Thread(target=_hold, args=(scratch, name, mode, seconds, begun, over), daemon=True)
            )
            threads[-1].start()
            begun.wait(60)
    try:
        yield
    except BaseException:
        over.set()
        raise
    finally:
        for thread in threads:
            thread.join()


def _hold(
    scratch: Scratch, name: str, mode: str, seconds: float, begun: threading.Event, over: threading.Event
) -> None:
    with scratch.connected(name) as connection, connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        cursor.execute("BEGIN")
        try:
            if tables:
                cursor.execute(f"LOCK TABLE {', '.join(map(connection.ops.quote_name, tables))} IN {mode} MODE")
        finally:
            begun.set()
        over.wait(seconds)
        cursor.execute("ROLLBACK")
