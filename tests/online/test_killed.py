"""Both versions of the code write while a change goes there and back, and is killed on its way, again and again.

By default in every third step; ``ONLINE_STEPS=1``: in each of them.
"""

from __future__ import annotations

import contextlib
import os
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.db import Error, connection

from django_safemigrate.doing.steps_journal import Entry, StepsJournal
from django_safemigrate.values.errors import SafeMigrateError
from tests.crash.online_cases import KEYED_ROWS, KEYS, NAMED_ROWS, NAMES, TYPED_ROWS, TYPES
from tests.online.catalog import catalog
from tests.online.writers import Release, Row, Traffic
from tests.support.database import another_session, execute, value
from tests.support.project import Project

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

STEPS = int(os.environ.get("ONLINE_STEPS") or 3)
TEXTS = ("", "ä€😀", "'; --", "x" * 8)


def amounts(number: int, chance: random.Random) -> Row:
    places = chance.choice([None, 0, 2_147_483_647, number])
    return str(number) + chance.choice(TEXTS), chance.choice([-1, 1]) * number, places


def large_amounts(number: int, chance: random.Random) -> Row:
    text, amount, places = amounts(number, chance)
    return text, amount * 3_000_000_000, None if places is None else places * 2_000_000_000


def customers(number: int, chance: random.Random) -> Row:
    return str(number) + chance.choice(TEXTS), chance.randint(1, 300)


def parents(number: int, chance: random.Random) -> Row:
    return str(number) + chance.choice(TEXTS), chance.choice([None, 1, 2, 3])


TYPED = Release(("number", "amount", "places"), "amount", amounts)
NAMED = Release(("number", "customer_id"), "number", customers)
KEYED = Release(("number", "parent_id"), "number", parents)
CHANGES = {
    "type": (
        TYPES,
        TYPED_ROWS,
        'AlterFieldOnline("order", "amount", models.BigIntegerField(unique=True, db_default=7, db_comment="cents")),'
        'AlterFieldOnline("order", "places", models.PositiveBigIntegerField(null=True, db_index=True)),',
        'FinishAlterField("order", "amount"), FinishAlterField("order", "places"),',
        TYPED,
        TYPED,
        replace(TYPED, values=large_amounts),
    ),
    "name": (
        NAMES,
        NAMED_ROWS,
        'RenameFieldOnline("order", "number", "no"), RenameFieldOnline("order", "customer", "client"),',
        'FinishRenameField("order", "number", "no"), FinishRenameField("order", "customer", "client"),',
        NAMED,
        Release(("no", "client_id"), "no", customers),
        Release(("no", "client_id"), "no", customers),
    ),
    "key": (
        KEYS,
        KEYED_ROWS,
        'AlterFieldOnline("order", "id", models.BigAutoField(primary_key=True)),',
        'FinishAlterField("order", "id"),',
        KEYED,
        KEYED,
        KEYED,
    ),
}


@contextlib.contextmanager
def killed_after_some_steps(monkeypatch: pytest.MonkeyPatch, delay: float) -> Iterator[list[threading.Timer]]:
    """The session of the run inside is terminated a while (seconds) after a step has begun that is not its first one.

    That is the one in which the run before was killed: so there is an end to it. Yields those that kill, who may come when
    the run is over.
    """
    begun: list[Entry] = []
    real = StepsJournal.started
    timers: list[threading.Timer] = []

    def kill(pid: int) -> None:
        with another_session() as session:
            session.execute("SELECT pg_terminate_backend(%s)", [pid])

    def started(self: StepsJournal, entry: Entry, run: int | None) -> None:
        begun.append(entry)
        if len(begun) == 1 + STEPS:
            timers.append(threading.Timer(delay, kill, [connection.connection.info.backend_pid]))
            timers[-1].start()
        real(self, entry, run)

    with monkeypatch.context() as patch:
        patch.setattr(StepsJournal, "started", started)
        yield timers
    for timer in timers:
        timer.join()


def again_and_again(shop: Project, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run a command until it comes to its end; returns how often it was killed."""
    for kills in range(200):
        delay = (0.0, 0.002, 0.006, 0.012)[kills % 4]
        with killed_after_some_steps(monkeypatch, delay) as timers:
            try:
                shop.safemigrate(*arguments)
                for timer in timers:
                    timer.join()
                with contextlib.suppress(Error):
                    connection.ensure_connection()
                    execute("SELECT 1")
                    return kills
            except (SafeMigrateError, Error):
                pass
        connection.close()
    raise AssertionError("it comes to no end")


def undisturbed(shop: Project, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    shop.safemigrate(*arguments)
    return 0


@pytest.mark.parametrize("run", [undisturbed, again_and_again])
@pytest.mark.parametrize("change", CHANGES)
def test_every_row_is_what_was_written_last(
    shop: Project,
    phases: Callable[..., None],
    change: str,
    run: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, filled, before, after, old, new, later = CHANGES[change]
    shop.write("0001_initial", first, initial="True")
    shop.safemigrate()
    execute(filled)
    phases(before, after)
    traffic = Traffic(old)
    try:
        traffic.written_by(old)
        kills = run(shop, monkeypatch)  # expand
        traffic.written_by(old, new)
        traffic.goes_on()
        traffic.written_by(old)
        kills += run(shop, monkeypatch, "shop", "0001")  # back
        traffic.stop()
        traffic.check(*old.columns)
        traffic.written_by(old)
        kills += run(shop, monkeypatch)
        traffic.written_by(old, later)
        traffic.goes_on()
        traffic.stop()
        traffic.check(*old.columns)
        traffic.check(*new.columns)
        traffic.written_by(later)
        kills += run(shop, monkeypatch, "--after-deploy")
        traffic.stop()
        traffic.check(*new.columns)
    finally:
        with contextlib.suppress(Error):
            traffic.stop()
    assert (kills > 0) is (run is again_and_again)
    assert (catalog()["triggers"], catalog()["functions"]) == ([], [])
    assert not [column for column in catalog()["columns"] if "safemigrate" in column[1]]
    assert value("SELECT count(*) FROM pg_class WHERE relname LIKE 'shop%safemigrate%'") == 0
