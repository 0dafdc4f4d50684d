"""PostgreSQL's table lock modes and which of them conflict.

Source: https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES, table 13.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class LockMode(Enum):
    """A table-level lock mode, from the weakest to the strongest; the value is what ``LOCK TABLE`` takes."""

    ACCESS_SHARE = "ACCESS SHARE"
    ROW_SHARE = "ROW SHARE"
    ROW_EXCLUSIVE = "ROW EXCLUSIVE"
    SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"
    SHARE = "SHARE"
    SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
    EXCLUSIVE = "EXCLUSIVE"
    ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"

    @property
    def catalog_name(self) -> str:
        """The name in ``pg_locks.mode``."""
        return self.value.title().replace(" ", "") + "Lock"

    @classmethod
    def from_catalog(cls, name: str) -> LockMode | None:
        """The mode that ``pg_locks.mode`` names; None for one that tables do not know."""
        return _BY_CATALOG_NAME.get(name)

    @property
    def conflicts(self) -> frozenset[LockMode]:
        """The modes that another session cannot hold at the same time."""
        return _CONFLICTS[self]

    def __le__(self, other: LockMode) -> bool:
        """Whether ``other`` is this mode or a stronger one."""
        return _ORDER.index(self) <= _ORDER.index(other)

    @property
    def makes_others_wait(self) -> bool:
        """Whether readers or writers queue behind a session that waits for this mode."""
        return bool(self.conflicts & _APPLICATION_MODES)


_ORDER = list(LockMode)
_BY_CATALOG_NAME = {mode.catalog_name: mode for mode in LockMode}
_APPLICATION_MODES = frozenset(_ORDER[:3])

# One row for each mode held, in the order of the manual: x marks a conflict.
_TABLE = (
    ".......x",
    "......xx",
    "....xxxx",
    "...xxxxx",
    "..xx.xxx",
    "..xxxxxx",
    ".xxxxxxx",
    "xxxxxxxx",
)
_CONFLICTS = {
    mode: frozenset(other for other, mark in zip(_ORDER, row, strict=True) if mark == "x")
    for mode, row in zip(_ORDER, _TABLE, strict=True)
}


@dataclass(frozen=True)
class RelationLock:
    """A promise of a step: it takes ``mode`` on ``relation``.

    ``relation`` is quoted where needed, as SQL would name it.
    """

    relation: str
    mode: LockMode

    def __str__(self) -> str:
        return f"{self.mode.value} on {self.relation}"
