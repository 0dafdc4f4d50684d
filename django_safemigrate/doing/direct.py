"""Whether our sessions are our own, or a proxy lends them out for a transaction at a time.

A run needs a session that stays: ``SET``, the observer's look at one backend pid and ``CREATE INDEX CONCURRENTLY`` between
two timeouts mean nothing where every transaction may run in another server process (pgbouncer's ``pool_mode``
``transaction`` and ``statement``, https://www.pgbouncer.org/features.html). No setting of the server tells, so two
connections are open at once and asked in which process they are. In a session of its own nobody ever moves to another
process, and no two are in the same; so there is no false alarm. The proxy can hide only by luck, and is given many chances.

``BackendKeyData``, which a server sends when a session begins, has the pid of its process (manual, "Message Flow"); proxies
put a key of their own there. Where the two agree a few questions are enough; where they do not, there is a proxy of some
kind, perhaps one that keeps sessions, and it is asked for longer.
"""

from __future__ import annotations

import contextlib
import selectors
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django_safemigrate.catalog.query import Connection
from django_safemigrate.values.errors import DatabaseUnavailable

# In which process of which server. Two servers may well have the same pid; they have not started in the same microsecond.
_WHERE = "SELECT pg_backend_pid(), extract(epoch FROM pg_postmaster_start_time())::text"

# Who is asked, in turn: ours (A) and another (B). Twice in a row shows a pool that takes its servers in turn, one after
# the other shows one that takes the last one used again.
_TURNS = "AABBAB"
# Where there is a proxy: so many other connections, one after the other, since a balancer may have sent the first one to
# another proxy; and so often _TURNS for each.
_CONNECTIONS, _REPEATS = 4, 3

# Seconds for the other connection: for connecting to one of several hosts, and for an answer. A pool that keeps sessions
# and has no more of them lets it wait.
_CONNECT_TIMEOUT, _ANSWER_TIMEOUT = 5, 2.0


class Place(NamedTuple):
    """A server process: its pid, and when its server was started (seconds since 1970, as text)."""

    pid: int
    started: str


def require_direct(connection: Connection) -> None:
    """Return if the sessions of ``connection`` are kept for it: direct, in Django's own pool, or in a session pool.

    Raises ``DatabaseUnavailable``, with the alias to write, where a proxy lends them out for each transaction or statement;
    and whatever else the connection raises when it is asked something. Takes no locks and leaves no transaction open. Costs
    6 round trips and a second connection, which is closed again; 72 and four of them where there is a proxy that keeps
    sessions. Where no second connection can be had, or it has no answer within 2 s, only ours is asked.

    Says nothing inside a transaction, in which every pool keeps the session.
    """
    connection.ensure_connection()
    pgconn = getattr(connection.connection, "pgconn", None)
    if pgconn is None or pgconn.transaction_status != connection.Database.pq.TransactionStatus.IDLE:  # type: ignore[attr-defined]
        return
    proof = _proof(connection)
    if proof:
        raise _refusal(connection, proof)


def _proof(connection: Connection) -> str:
    """What no kept session would show, in words; empty where there was nothing of the kind."""
    ours = _Witness(lambda: _place(connection), connection.connection.pgconn.backend_pid)
    for _ in range(_CONNECTIONS):
        with _another(connection) as other:
            for _ in range(_REPEATS):
                for turn in _TURNS:
                    (ours if turn == "A" else other).ask()
                    if ours.places & other.places:
                        pid = min(ours.places & other.places).pid
                        return f"two connections that are open at once are in the same server process ({pid})"
                    if len(moved := max(ours.places, other.places, key=len)) > 1:
                        pids = ", ".join(str(place.pid) for place in sorted(moved))
                        return f"one connection has been in several server processes ({pids})"
                if ours.holds_the_key and other.holds_the_key:
                    return ""
        if not other.places:
            break
    return ""


class _Witness:
    """A session that is asked where it is, and remembers. ``where`` answers None where there is no session.

    ``key`` is the pid that the session was told when it began.
    """

    def __init__(self, where: Callable[[], Place | None], key: int) -> None:
        self._where, self._key = where, key
        self.places: set[Place] = set()

    def ask(self) -> None:
        place = self._where()
        if place is not None:
            self.places.add(place)

    @property
    def holds_the_key(self) -> bool:
        """Whether nothing speaks for a proxy."""
        return all(place.pid == self._key for place in self.places)


def _place(connection: Connection) -> Place:
    # Past Django's cursor, which knows no ``prepare``: a prepared statement fails behind the proxy that is looked for.
    session = connection.connection
    with connection.wrap_database_errors:
        row = session.execute(_WHERE, prepare=False).fetchone()
        if not session.autocommit:
            session.rollback()
    return Place(*row)


@contextlib.contextmanager
def _another(connection: Connection) -> Iterator[_Witness]:
    """A second session: it says nothing where there is none, or once it has not answered in time.

    It is a bare one. Django's own would ask something as soon as it is connected, and might wait for ever in a pool that
    is exhausted; one of Django's pool would be taken from whoever needs it.
    """
    database = connection.Database  # type: ignore[attr-defined]
    try:
        params = {"connect_timeout": _CONNECT_TIMEOUT, **connection.get_connection_params()}
        session = database.connect(**params, autocommit=True)
    except database.Error:
        yield _Witness(lambda: None, 0)
        return

    def where() -> Place | None:
        if session.closed:
            return None
        try:
            return _answer(session.pgconn)
        except (database.Error, TimeoutError):
            session.close()
            return None

    try:
        yield _Witness(where, session.pgconn.backend_pid)
    finally:
        session.close()


def _answer(pgconn: Any) -> Place | None:
    """Where the session of libpq's ``pgconn`` is; raises ``TimeoutError`` and libpq's errors.

    libpq has no limit for an answer (manual, "Asynchronous Command Processing"), so its socket is watched.
    """
    pgconn.send_query(_WHERE.encode())
    deadline = time.monotonic() + _ANSWER_TIMEOUT
    place = None
    with selectors.DefaultSelector() as selector:
        selector.register(pgconn.socket, selectors.EVENT_READ)
        while True:
            pgconn.flush()
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    return place
                if result.ntuples == 1:
                    place = Place(int(result.get_value(0, 0)), result.get_value(0, 1).decode())
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            pgconn.consume_input()


def _refusal(connection: Connection, proof: str) -> DatabaseUnavailable:
    alias, info = connection.alias, connection.connection.info
    host, port = _server(connection)
    name = f"Database {alias!r} ({info.dbname}) at {info.host}:{info.port}"
    return DatabaseUnavailable(
        f"{name} is behind a proxy that does not keep sessions: {proof}.",
        "What safemigrate sets and looks at belongs to a session; behind transaction pooling that is everybody's.",
        "Write an alias for the server itself into your settings, past the proxy:\n"
        f'  DATABASES["direct"] = {{**DATABASES["{alias}"], "HOST": "{host}", "PORT": "{port}", '
        f'"TEST": {{"MIRROR": "{alias}"}}}}\n'
        "and run: manage.py safemigrate --database direct",
    )


def _server(connection: Connection) -> tuple[str, str]:
    """Host and port of the server as the proxy reaches it; a host to be filled in where that is a Unix socket."""
    with contextlib.suppress(connection.Database.Error):  # type: ignore[attr-defined]
        sql = "SELECT host(inet_server_addr()), current_setting('port')"
        host, port = connection.connection.execute(sql, prepare=False).fetchone()
        if not connection.connection.autocommit:
            connection.connection.rollback()
        return host or "the host of the server", port
    return "the host of the server", "5432"
