"""Python code in migrations: RunPython (SM3xx)."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.linting.code import beyond, calling, models, rows, sql
from django_safemigrate.linting.code.codes import CODES
from django_safemigrate.linting.code.examined import examined
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.values.findings import Finding

from . import check


@check(*CODES)
def python_code(inspected: Inspected) -> Iterator[Finding]:
    """What the code of each RunPython does, as far as its text shows it."""
    for one in examined(inspected):
        for family in (rows, models, calling, beyond, sql):
            yield from family.findings(inspected, one)
