"""SQL whose parameters nobody knows."""

from __future__ import annotations

import re

_PLACEHOLDER = re.compile(r"%(?:\([^)]*\))?[sbt]|%%")


def without_placeholders(sql: str) -> str:
    """The text with NULL for each parameter, and with one percent sign where two are written."""
    return _PLACEHOLDER.sub(lambda match: "%" if match[0] == "%%" else "NULL", sql)
