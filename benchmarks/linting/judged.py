"""What of the findings in published apps is a false alarm: what it says is not so. Each was looked at by people, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

GOING = "The constraints go with a column that goes: code that does not know it breaks none, and all may wait for the deploy."


@dataclass(frozen=True)
class FalseAlarm:
    """``operations``: which of the migration's, empty for all."""

    codes: frozenset[str]
    migration: str
    reason: str
    operations: frozenset[str] = frozenset()

    def is_about(self, finding: Mapping[str, Any]) -> bool:
        return (
            finding["code"] in self.codes
            and finding["migration"] == self.migration
            and (not self.operations or finding["operation"] in self.operations)
        )


def _alarms(codes: str, reason: str, *migrations: str) -> list[FalseAlarm]:
    """Each migration with the places of operations behind it, if not all of them are meant."""
    found = []
    for one in migrations:
        migration, *operations = one.split()
        found.append(FalseAlarm(frozenset(codes.split()), migration, reason, frozenset(operations)))
    return found


FALSE_ALARMS: list[FalseAlarm] = [
    *_alarms("SM101", GOING, "wagtailcore.0090_remove_grouppagepermission_permission_type"),
]


def false_alarm(finding: Mapping[str, Any], known: Iterable[FalseAlarm] = FALSE_ALARMS) -> FalseAlarm | None:
    return next((one for one in known if one.is_about(finding)), None)
