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
    from django_safemigrate.doing.lease import owner
    from django_safemigrate.models import Backfill
    from django_safemigrate.values.settings import read_settings

    from .ledger import Worker
    from .throttles import throttled
    from .worker import Hooks, work

    parent = os.getppid()

    class WhileTheParentLives(Hooks):
        def stops(self) -> bool:
            return os.getppid() != parent

    connection = connections[alias]
    connection.settings_dict.update(settings)
    table = Backfill.objects.using(alias).get(pk=backfill).table
    with (
        contextlib.suppress(KeyboardInterrupt),  # Ctrl-C is the parent's to tell of
        throttled(connection, read_settings(), table) as throttle,
    ):
        work(
            connection,
            backfill,
            throttle=throttle,
            hooks=WhileTheParentLives(),
            pacing=Pacing(target, rest=rest),
            worker=Worker(owner(), throttle.sessions()),
        )
