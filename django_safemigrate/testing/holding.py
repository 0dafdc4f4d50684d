"""Sessions that keep every table busy for a while, as a report or a batch job does."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from .options import Options
from .patience import Patience
from .scratch import Scratch


@contextlib.contextmanager
def holding(
    scratch: Scratch, name: str, options: Options, patience: Patience, reached: threading.Event
) -> Iterator[None]:
    """Transactions that have each table locked from the beginning of the context until some time after ``reached``: one for
    ``options.reader`` seconds, as a reader has it, and one for ``options.writer`` seconds, as a writer has it.

    ``reached`` is to be set when somebody comes to the tables, so that they are locked then however long that takes. After
    ``options.max_wait`` nobody comes any more. They end with the context, too, when nobody is left who might wait for them.
    """
    over = threading.Event()
    modes = {"ACCESS SHARE": options.reader, "ROW EXCLUSIVE": options.writer}
    threads = []
    try:
        for mode, seconds in modes.items():
            if seconds and scratch.on_postgres:
                begun = threading.Event()
                its = (scratch, name, mode, seconds, options, patience, begun, reached, over)
                threads.append(threading.Thread(target=_hold, args=its, daemon=True))
                threads[-1].start()
                begun.wait()
        yield
    finally:
        over.set()
        reached.set()
        for thread in threads:
            thread.join()


def _hold(
    scratch: Scratch,
    name: str,
    mode: str,
    seconds: float,
    options: Options,
    patience: Patience,
    begun: threading.Event,
    reached: threading.Event,
    over: threading.Event,
) -> None:
    try:
        with scratch.connected(name) as connection, connection.cursor() as cursor:
            tables = connection.introspection.table_names(cursor)
            cursor.execute("BEGIN")
            if tables:
                cursor.execute(f"LOCK TABLE {', '.join(map(connection.ops.quote_name, tables))} IN {mode} MODE")
            begun.set()
            patience.wait(options.max_wait, reached)
            patience.wait(seconds, over)
            cursor.execute("ROLLBACK")
    finally:
        begun.set()
