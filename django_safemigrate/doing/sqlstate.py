"""What the server said, by SQLSTATE; the text of a message depends on ``lc_messages`` and is never read.

Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK_DETECTED = "40P01"
QUERY_CANCELED = "57014"
INSUFFICIENT_PRIVILEGE = "42501"
UNIQUE_VIOLATION = "23505"

# A request for a lock that can simply be made again.
LOCK_REFUSED = frozenset({LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED})

# A transaction that can simply be made again: also where the connection's isolation level lets nobody change the same row.
TRY_AGAIN = LOCK_REFUSED | {"40001"}


def sqlstate(error: BaseException | None) -> str | None:
    """The SQLSTATE of a database error, Django's or psycopg's; None where the server sent none (connection lost)."""
    while error is not None:
        code = getattr(error, "sqlstate", None)
        if isinstance(code, str):
            return code
        error = error.__cause__
    return None


def connection_lost(error: BaseException) -> bool:
    """Whether the session is gone: class 08, an end by an administrator or a crash, or no answer at all."""
    code = sqlstate(error)
    if code is None:
        return isinstance(error, OperationalError | InterfaceError)
    return code.startswith(("08", "57P"))
