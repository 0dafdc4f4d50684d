"""A process that helps with a backfill. Imported before Django is set up, so it imports nothing of it by itself."""

from __future__ import annotations

import contextlib
import os
from typing import Any


def run_child(alias: str, settings: dict[str, Any], backfill: int, target: float, rest: float) -> None:
    """Work on a backfill until it is done or the parent is gone. ``settings``: of the database, as the parent has it."""
    import django

    django.setup()
    from django.db import connections

    from django_safemigrate.decisions.pacing import Pacing

    from .worker import Hooks, work

    parent = os.getppid()

    class WhileTheParentLives(Hooks):
        def stops(self) -> bool:
            return os.getppid() != parent

    connections[alias].settings_dict.update(settings)
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is the parent's to tell of
        work(connections[alias], backfill, hooks=WhileTheParentLives(), pacing=Pacing(target, rest=rest))
