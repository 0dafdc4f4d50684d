"""The file of sizes: what is written is read again, and what is wrong with it is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from django_safemigrate.linting.sizes import read_sizes, sizes_data
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.sizes import Size

SIZES = {"shop_order": Size(1_000_000, 2**30), "other.new": Size(None, 8192)}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sizes.json"
    path.write_text(json.dumps(sizes_data(SIZES, "2026-01-01T00:00:00+00:00", "18.1")))
    assert read_sizes(path) == SIZES


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([], "Its version is None, not 1."),
        ({"version": 2}, "Its version is 2, not 1."),
        ({"version": 1}, "It has no 'tables'."),
        ({"version": 1, "tables": {"t": {"rows": 1}}}, "It says {'rows': 1}, not how many rows and bytes."),
        ({"version": 1, "tables": {"t": 5}}, "It says 5, not how many rows and bytes."),
        ({"version": 1, "tables": {"t": {"rows": "1", "bytes": 1}}}, "It says {'rows': '1', 'bytes': 1}, not how"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, data: Any, reason: str) -> None:
    path = tmp_path / "sizes.json"
    path.write_text(json.dumps(data))
    with pytest.raises(UsageError) as caught:
        read_sizes(path)
    assert reason in caught.value.reason
    assert "safemigrate --export-sizes" in caught.value.next_command


def test_a_file_that_is_not_there_and_one_that_is_no_json(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_sizes(tmp_path / "nothing.json")
    (tmp_path / "sizes.json").write_text("{")
    with pytest.raises(UsageError, match="is no JSON"):
        read_sizes(tmp_path / "sizes.json")
