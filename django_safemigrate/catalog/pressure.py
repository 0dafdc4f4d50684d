"""What the server has on its hands: standbys, the archiver, old snapshots, autovacuums, active sessions.

Views of the server (manual, "The Cumulative Statistics System", "Progress Reporting"), all of them in one round trip. None of
them takes a lock on a table. They show a role without ``pg_read_all_stats`` little of what other roles do: what is hidden is
told as a gap, since a limit that nobody can measure is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.db import DatabaseError

from django_safemigrate.values.pressure import OldSnapshot, Pressure, Vacuum

from .query import Connection, quoted, rows, value
from .standbys import STANDBYS, standby_of

# What the server shows instead of the query of a session that this role may not see.
_HIDDEN = "query = '<insufficient privilege>'"


class Gauge(Enum):
    """One of the questions."""

    STANDBYS = "standbys"
    ARCHIVER = "archiver"
    SNAPSHOTS = "snapshots"
    VACUUMS = "vacuums"
    SESSIONS = "sessions"


@dataclass(frozen=True)
class Reading:
    """``gaps``: what could not be seen, in words, by gauge."""

    pressure: Pressure
    gaps: Mapping[Gauge, str] = field(default_factory=dict)


# Each is one JSON value.
_STANDBYS = f"""
    SELECT json_agg(json_build_array(s.application_name, s.client, s.state, s.lag, s.behind, s.replayed))
    FROM ({STANDBYS}) s
"""

# Every role may know what was archived last; the names of files of WAL tell how many there were since (xlog_internal.h).
_SINCE_THE_LAST_ARCHIVED = """
    SELECT CASE WHEN current_setting('archive_mode') = 'off' THEN 0
                WHEN last_archived_wal ~ '^[0-9A-F]{24}' THEN greatest(0, now.number - 1 - last.number) END
    FROM pg_stat_archiver,
    LATERAL (SELECT ((pg_current_wal_insert_lsn() - '0/0')::int8 / size.bytes) AS number, 4294967296 / size.bytes AS per_log
             FROM (SELECT setting::int8 AS bytes FROM pg_settings WHERE name = 'wal_segment_size') size) now,
    LATERAL (SELECT ('x' || substr(last_archived_wal, 9, 8))::bit(32)::int8 * now.per_log
                    + ('x' || substr(last_archived_wal, 17, 8))::bit(32)::int8 AS number) last
"""
_READY_FILES = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%%.ready'"

# What VACUUM may not remove rows after: snapshots and open transactions of this database, and what standbys ask for. A
# vacuum's own snapshot holds back none (procarray.c).
_SNAPSHOTS = f"""
    WITH old AS (
        SELECT 'the transaction of pid ' || a.pid
                   || coalesce(' ' || quote_literal(nullif(a.application_name, '')), '') AS who,
               extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS age,
               age(coalesce(a.backend_xmin, a.backend_xid)) AS transactions
        FROM pg_stat_activity a
        WHERE coalesce(a.backend_xmin, a.backend_xid) IS NOT NULL AND a.pid <> pg_backend_pid()
          AND (a.datname = current_database() OR a.datid IS NULL OR a.datid = 0)
          AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = a.pid)
        UNION ALL
        SELECT 'the prepared transaction ' || quote_literal(gid), extract(epoch FROM clock_timestamp() - prepared)::float8,
               age(transaction)
        FROM pg_prepared_xacts WHERE database = current_database()
        UNION ALL
        SELECT 'the replication slot ' || quote_literal(slot_name), NULL, age(xmin)
        FROM pg_replication_slots WHERE xmin IS NOT NULL
    )
    SELECT json_build_object(
        'oldest', (SELECT to_json(old) FROM old WHERE age IS NOT NULL ORDER BY age DESC LIMIT 1),
        'farthest', (SELECT to_json(old) FROM old ORDER BY transactions DESC LIMIT 1),
        'hidden', (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {_HIDDEN}))
"""

_VACUUMS = f"""
    SELECT json_build_object(
        'at_work', (
            SELECT json_agg(json_build_array({quoted("v.relid")}, v.pid, v.phase,
                            CASE WHEN v.phase = 'scanning heap' AND v.heap_blks_total > 0
                                 THEN v.heap_blks_scanned::float8 / v.heap_blks_total END))
            FROM pg_stat_progress_vacuum v JOIN pg_stat_activity a ON a.pid = v.pid
            WHERE a.backend_type = 'autovacuum worker' AND (
                v.relid = to_regclass(%(table)s)
                OR v.relid IN (SELECT relid FROM pg_partition_tree(to_regclass(%(table)s))))),
        'hidden', (SELECT count(*) FROM pg_stat_progress_vacuum
                   WHERE datname = current_database() AND relid IS NULL))
"""

_SESSIONS = f"""
    SELECT json_build_object(
        'active', count(*) FILTER (WHERE state = 'active' AND backend_type = 'client backend'),
        'hidden', count(*) FILTER (WHERE {_HIDDEN}))
    FROM pg_stat_activity WHERE pid <> pg_backend_pid()
"""

_GRANT = "GRANT pg_read_all_stats shows them"


class Gauges:
    """Reads some of the gauges, of one table (quoted)."""

    def __init__(self, wanted: Collection[Gauge], table: str) -> None:
        self._wanted, self._table = [gauge for gauge in Gauge if gauge in wanted], table
        self._may_list_files: bool | None = None
        # Not asked again: each refusal is an error in the server's log.
        self._refused: dict[Gauge, str] = {}

    def read(self, connection: Connection) -> Reading:
        """One round trip, and one more the first time; when a question is refused, one for each.

        ``connection`` is in autocommit. Raises errors of the connection itself.
        """
        if not self._wanted:
            return Reading(Pressure(), self._refused)
        if self._may_list_files is None:
            # The server asks for the right as soon as a function is mentioned.
            self._may_list_files = bool(
                value(connection, "SELECT has_function_privilege('pg_ls_archive_statusdir()', 'EXECUTE')")
            )
        try:
            answers = self._ask(connection, self._wanted)
        except DatabaseError as error:
            if not _is_refusal(error):
                raise
            answers = self._one_by_one(connection)
        pressure, hidden = _interpreted(answers)
        return Reading(pressure, {**hidden, **self._refused})

    def _ask(self, connection: Connection, gauges: Collection[Gauge]) -> dict[Gauge, Any]:
        sql = "SELECT " + ", ".join(f"to_json(({self._sql(gauge)}))" for gauge in gauges)
        [row] = rows(connection, sql, {"table": self._table})
        return dict(zip(gauges, row, strict=True))

    def _one_by_one(self, connection: Connection) -> dict[Gauge, Any]:
        answers: dict[Gauge, Any] = {}
        for gauge in self._wanted:
            try:
                answers |= self._ask(connection, [gauge])
            except DatabaseError as error:
                if not _is_refusal(error):
                    raise
                self._refused[gauge] = str(error).strip().partition("\n")[0]
        self._wanted = [gauge for gauge in self._wanted if gauge not in self._refused]
        return answers

    def _sql(self, gauge: Gauge) -> str:
        if gauge is Gauge.ARCHIVER:
            return _READY_FILES if self._may_list_files else _SINCE_THE_LAST_ARCHIVED
        return {
            Gauge.STANDBYS: _STANDBYS,
            Gauge.SNAPSHOTS: _SNAPSHOTS,
            Gauge.VACUUMS: _VACUUMS,
            Gauge.SESSIONS: _SESSIONS,
        }[gauge]


def _is_refusal(error: DatabaseError) -> bool:
    """The server has understood and says no; a session that is gone has other codes, or none."""
    code = getattr(error.__cause__, "sqlstate", None)
    return isinstance(code, str) and not code.startswith(("08", "57P"))


def _interpreted(answers: Mapping[Gauge, Any]) -> tuple[Pressure, dict[Gauge, str]]:
    gaps: dict[Gauge, str] = {}
    found: dict[str, Any] = {}
    if Gauge.STANDBYS in answers:
        standbys = tuple(standby_of(*row) for row in answers[Gauge.STANDBYS] or ())
        ends = [one.replayed + one.behind for one in standbys if one.replayed is not None and one.behind is not None]
        found |= {"standbys": standbys, "position": max(ends, default=None)}
        unseen = [repr(one.application_name) for one in standbys if not one.visible]
        if unseen:
            gaps[Gauge.STANDBYS] = f"how far {', '.join(unseen)} are is hidden from this role ({_GRANT})"
    if Gauge.ARCHIVER in answers:
        found["wal_to_archive"] = answers[Gauge.ARCHIVER]
        if answers[Gauge.ARCHIVER] is None:
            gaps[Gauge.ARCHIVER] = "nothing was archived yet, and this role may not count the files (GRANT pg_monitor)"
    if Gauge.SNAPSHOTS in answers:
        answer = answers[Gauge.SNAPSHOTS]
        found |= {key: OldSnapshot(**answer[key]) for key in ("oldest", "farthest") if answer[key]}
        gaps |= _hidden(Gauge.SNAPSHOTS, answer, "sessions of other roles")
    if Gauge.VACUUMS in answers:
        answer = answers[Gauge.VACUUMS]
        found["vacuums"] = tuple(Vacuum(*row) for row in answer["at_work"] or ())
        gaps |= _hidden(Gauge.VACUUMS, answer, "vacuums")
    if Gauge.SESSIONS in answers:
        answer = answers[Gauge.SESSIONS]
        found["active_sessions"] = answer["active"]
        gaps |= _hidden(Gauge.SESSIONS, answer, "sessions of other roles")
    return Pressure(**found), gaps


def _hidden(gauge: Gauge, answer: Mapping[str, Any], what: str) -> dict[Gauge, str]:
    return {gauge: f"{what} are hidden from this role ({_GRANT})"} if answer["hidden"] else {}
