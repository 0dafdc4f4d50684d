from __future__ import annotations

from datetime import timedelta

import pytest

from django_safemigrate.values.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("20ms", 0.02),
        ("1.5s", 1.5),
        ("10m", 600.0),
        ("10min", 600.0),
        ("2h", 7200.0),
        ("3", 3.0),
        (" 20 ms ", 0.02),
        ("0.5", 0.5),
        (3, 3.0),
        (0.1, 0.1),
        (timedelta(minutes=2), 120.0),
    ],
)
def test_a_duration_is_read_as_people_write_it(written: object, seconds: float) -> None:
    assert parse_duration(written) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "written",
    [
        "soon",
        "",
        "ms",
        "10 days",
        "1s 20ms",
        "-1s",
        "0",
        0,
        -3,
        "inf",
        "nan",
        float("inf"),
        float("nan"),
        True,
        None,
        [],
        timedelta(0),
    ],
)
def test_anything_else_is_refused_with_the_accepted_forms(written: object) -> None:
    with pytest.raises(ValueError, match="is not a duration") as refused:
        parse_duration(written)
    assert str(refused.value) == f"{written!r} is not a duration; write for example 20ms, 1.5s, 10m or 2h"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.02, "20 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (1.5, "1.5 s"),
        (60, "60 s"),
        (119, "119 s"),
        (120, "2 min"),
        (600, "10 min"),
        (90 * 60, "90 min"),
        (7200, "2 h"),
        (9000, "2.5 h"),
    ],
)
def test_a_duration_is_shown_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize("seconds", [0.001, 0.02, 0.1, 1, 1.5, 90, 600, 7200])
def test_what_is_shown_can_be_typed(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds)
