"""How far a concurrent index build is."""

from __future__ import annotations

from dataclasses import dataclass

from .query import Connection, rows


@dataclass(frozen=True)
class BuildProgress:
    """A row of ``pg_stat_progress_create_index``: phase, and how much of it is done (lockers, blocks or tuples)."""

    phase: str
    done: int
    total: int

    @property
    def waiting(self) -> bool:
        """Whether the build waits for other sessions instead of working."""
        return self.phase.startswith("waiting for")


def build_progress(connection: Connection, pid: int) -> BuildProgress | None:
    """The build that the session ``pid`` runs; None while it runs none, or where the server hides it from our role."""
    found = rows(
        connection,
        """
        SELECT phase,
               CASE WHEN phase LIKE 'waiting%%' THEN lockers_done WHEN tuples_total > 0 THEN tuples_done
                    ELSE blocks_done END,
               CASE WHEN phase LIKE 'waiting%%' THEN lockers_total WHEN tuples_total > 0 THEN tuples_total
                    ELSE blocks_total END
        FROM pg_stat_progress_create_index WHERE pid = %s AND phase IS NOT NULL
        """,
        [pid],
    )
    return BuildProgress(*found[0]) if found else None
