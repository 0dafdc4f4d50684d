"""What a pipeline reads: a line for each event, and of what passes one now and then."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management.base import OutputWrapper

from django_safemigrate.reporting.jsonlines import JsonReport
from django_safemigrate.values.events import (
    Event,
    FillProgress,
    Holder,
    IndexProgress,
    LockRefused,
    OldCode,
    OldSession,
    ScanProgress,
    WaitingForRunner,
)
from django_safemigrate.values.locks import LockMode

HOLDER = Holder(7, LockMode.ACCESS_SHARE, "t", "report", "anna", "active", "client backend", 4.21)
OTHER = Holder(8, LockMode.ACCESS_SHARE, "t", "report", "anna", "active", "client backend", 4.21)


def written(*events: Event) -> list[dict[str, Any]]:
    output = io.StringIO()
    report = JsonReport(OutputWrapper(output))
    for event in events:
        report(event)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def old(pid: int, release: str) -> OldCode:
    return OldCode((OldSession(pid, release, "web", "anna"),), 1.0)


@pytest.mark.parametrize(
    ("first", "same", "other"),
    [
        (ScanProgress("m", 1.0, ()), ScanProgress("m", 2.0, ()), ScanProgress("m", 2.0, (HOLDER,))),
        (ScanProgress("m", 1.0, (HOLDER,)), ScanProgress("m", 2.0, (HOLDER,)), ScanProgress("m", 2.0, (OTHER,))),
        (WaitingForRunner("a", 1.0), WaitingForRunner("a", 2.0), WaitingForRunner("b", 2.0)),
        (old(7, "1"), old(8, "1"), old(8, "2")),  # processes come and go, their release stays
        (IndexProgress("m", "a", 1, 9, ()), IndexProgress("m", "a", 2, 9, ()), IndexProgress("m", "b", 0, 9, ())),
        (FillProgress("m", 1, 9), FillProgress("m", 2, 9), FillProgress("n", 1, 9)),
        (
            FillProgress("m", 1, 9, reason="standby 'a' is 900 ms behind (limit 0.5 s)"),
            FillProgress("m", 1, 9, reason="standby 'a' is 1.2 s behind (limit 0.5 s)"),
            FillProgress("m", 1, 9, reason="paused"),
        ),
    ],
)
def test_what_passes_is_repeated_now_and_then_and_at_once_when_it_changes(
    first: Event, same: Event, other: Event
) -> None:
    assert len(written(first, same, same, other)) == 2


def test_what_happens_is_never_left_out() -> None:
    refused = LockRefused("m", 1, "55P03", 0.02, 0.1, (), 1.0, 599.0)
    assert len(written(refused, refused)) == 2


def test_values_are_plain() -> None:
    [line] = written(ScanProgress("m", 1.5, (HOLDER,)))
    assert (line["event"], line["migration"], line["took"]) == ("scan_progress", "m", 1.5)
    assert line["waiting_for"][0] == {
        "pid": 7,
        "mode": "ACCESS SHARE",
        "relation": "t",
        "application_name": "report",
        "user": "anna",
        "state": "active",
        "backend_type": "client backend",
        "transaction_age": 4.21,
        "transaction": "",
        "idle": None,
    }
