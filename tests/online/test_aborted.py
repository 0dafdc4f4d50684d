"""``--abort`` in the middle of a change beside reads and writes: the start again, or a refusal that says why.

By default after every few steps; ``ONLINE_STEPS=1``: after each of them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from django_safemigrate.doing import aborting
from django_safemigrate.doing.steps_journal import Entry, StepsJournal
from django_safemigrate.models import MigrationStep
from django_safemigrate.values.errors import OffendingRows, Refused, SafeMigrateError
from tests.crash.online_cases import KEYED_ROWS, KEYS, NAMED_ROWS, NAMES, TYPED_ROWS, TYPES
from tests.online.catalog import catalog, differences
from tests.support.database import execute, rows
from tests.support.project import Project

pytestmark = [pytest.mark.postgres]


EACH = bool(os.environ.get("ONLINE_STEPS"))
FAILS = 'migrations.RunSQL("SELECT 1 / 0"),'
KEY_SWAPPED = "Put the new "


class _Ended(Exception):
    """A run that has come to its end at a given step."""


@contextlib.contextmanager
def ending_before(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The run inside ends when it is about to begin its step of that number."""
    begun = []
    real = StepsJournal.started

    def started(self: StepsJournal, entry: Entry, run: int | None) -> None:
        begun.append(entry)
        if len(begun) == number:
            raise _Ended
        real(self, entry, run)

    with monkeypatch.context() as patch:
        patch.setattr(StepsJournal, "started", started)
        yield


@contextlib.contextmanager
def abort_ending_after(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The abort inside ends when so many steps are taken back."""
    taken = []
    real = aborting._take_back

    def take_back(*arguments: Any) -> None:
        if len(taken) == number:
            raise _Ended
        taken.append(arguments)
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(aborting, "_take_back", take_back)
        yield


def half_done(shop: Project, steps: int, monkeypatch: pytest.MonkeyPatch, *command: str) -> bool:
    """Run so many steps; whether that was not all."""
    with ending_before(steps + 1, monkeypatch):
        try:
            shop.safemigrate(*command)
        except _Ended:
            return True
    return False


def contents() -> dict[str, Any]:
    tables = [name for [name] in rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'shop%'")]
    return {table: rows(f'SELECT to_jsonb(t) FROM "{table}" t ORDER BY to_jsonb(t)') for table in tables}


CHANGES = {
    "type": (
        TYPES,
        TYPED_ROWS,
        'AlterFieldOnline("order", "places", models.PositiveBigIntegerField(null=True, db_index=True)),'
        'AlterFieldOnline("order", "amount", models.BigIntegerField(unique=True, db_default=7, db_comment="cents")),',
    ),
    "name": (
        NAMES,
        NAMED_ROWS,
        'RenameFieldOnline("order", "number", "no"), RenameFieldOnline("order", "customer", "client"),',
    ),
    "key": (KEYS, KEYED_ROWS, 'AlterFieldOnline("order", "id", models.BigAutoField(primary_key=True)),'),
}

FINISHES = {
    "type": 'FinishAlterField("order", "places"), FinishAlterField("order", "amount"),',
    "name": 'FinishRenameField("order", "number", "no"), FinishRenameField("order", "customer", "client"),',
}


@pytest.fixture
def begun(shop: Project, phases: Callable[..., None], change: str) -> Project:
    """A table in use, and the change pending."""
    first, filled, operations = CHANGES[change]
    shop.write("0001_initial", first, initial="True")
    shop.safemigrate()
    execute(filled)
    phases(operations)
    return shop


def last_done() -> str:
    step = MigrationStep.objects.filter(closed=None).exclude(done=None).latest("id").step
    return str(step["description"])


@pytest.mark.parametrize(
    ("change", "every", "refused_after"), [("type", 2, None), ("name", 4, None), ("key", 13, KEY_SWAPPED)]
)
def test_after_a_step(begun: Project, every: int, refused_after: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    start, data = catalog(), contents()
    steps, every = 1, 1 if EACH else every
    while half_done(begun, steps, monkeypatch):
        last = last_done()
        if refused_after and last.startswith(refused_after):
            before = catalog()
            with pytest.raises(Refused, match="rest on its new primary key"):
                begun.safemigrate("--abort")
            assert differences(before, catalog()) == []
            break
        begun.safemigrate("--abort")
        assert differences(start, catalog()) == [], last
        assert contents() == data, last
        assert not MigrationStep.objects.filter(closed=None).exists()
        steps += every if steps < 30 else 1
    else:
        assert refused_after is None
    begun.safemigrate()
    begun.safemigrate("shop", "0001")
    assert contents() == data


@pytest.mark.parametrize("change", ["type"])
def test_what_was_written_after_the_swap_is_not_lost(begun: Project) -> None:
    start = catalog()
    path = begun.directory / "0002_before.py"
    path.write_text(path.read_text().replace("    ]\n", f"        {FAILS}\n    ]\n"))
    with pytest.raises(SafeMigrateError, match="division by zero"):
        begun.safemigrate()
    for column in ("amount", "places"):
        execute(f"UPDATE shop_order SET {column} = 3000000000 WHERE id = 7")
        before = catalog()
        with pytest.raises(OffendingRows, match="3000000000") as error:
            begun.safemigrate("--abort")
        assert f"shop_order.{column}" in str(error.value)
        assert differences(before, catalog()) == []  # nothing was begun
        execute(f"UPDATE shop_order SET {column} = 1000000000 WHERE id = 7")
    execute("INSERT INTO shop_order (id, number, amount) VALUES (5000, 'after the swap', 5)")
    planned = begun.safemigrate("--abort", "--plan")
    assert "Keep values out of shop_order.amount that integer does not take" in planned
    begun.safemigrate("--abort")
    assert differences(start, catalog()) == []
    assert rows("SELECT amount, places FROM shop_order WHERE id IN (7, 5000) ORDER BY id") == [
        (1_000_000_000, 1_000_000_000),
        (5, None),
    ]


@pytest.mark.parametrize("change", ["type", "name"])
def test_an_abort_that_was_interrupted_goes_on(begun: Project, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    start, data = catalog(), contents()
    path = begun.directory / "0002_before.py"
    path.write_text(path.read_text().replace("    ]\n", f"        {FAILS}\n    ]\n"))
    for number in range(1, 30, 1 if EACH else 9):
        with pytest.raises(SafeMigrateError, match="division by zero"):
            begun.safemigrate()
        with contextlib.suppress(_Ended), abort_ending_after(number, monkeypatch):
            begun.safemigrate("--abort")
        begun.safemigrate("--abort")
        assert differences(start, catalog()) == []
        assert contents() == data


@pytest.mark.parametrize("change", ["type", "name"])
@pytest.mark.parametrize("command", [["shop", "0001"], ["--after-deploy"]], ids=["back", "contract"])
def test_of_the_way_back_and_of_the_end(
    begun: Project, phases: Callable[..., None], change: str, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it, as long as nothing is gone; after that nothing at all."""
    phases("", FINISHES[change])
    begun.safemigrate()
    start, data = catalog(), contents()
    steps, refused = 1, 0
    while half_done(begun, steps if not refused else 1, monkeypatch, *command):
        before = catalog()
        try:
            begun.safemigrate("--abort")
        except Refused as error:
            refused += 1
            ways = ("there is no short statement that takes it back.", "what is dropped does not come back.")
            assert any(why in str(error) for why in ways)  # noqa: PT017
            assert differences(before, catalog()) == []
        else:
            assert not refused
            assert differences(start, catalog()) == []
            assert contents() == data
        steps += 1
    assert refused
    assert not MigrationStep.objects.filter(closed=None).exists()
