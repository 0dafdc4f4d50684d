"""What a run is going to do."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.migrations import Migration

from django_safemigrate.decisions.planning import Planned, Status

from .targets import Target


@dataclass(frozen=True)
class Plan:
    """What a run is going to do. ``new_database``: nobody can be waiting, so phases and locks do not matter."""

    planned: tuple[Planned, ...]
    targets: tuple[Target, ...]
    backwards: bool
    new_database: bool

    def with_status(self, status: Status) -> list[Planned]:
        return [planned for planned in self.planned if planned.status is status]

    @property
    def ready(self) -> list[Migration]:
        return [planned.migration for planned in self.with_status(Status.READY)]
