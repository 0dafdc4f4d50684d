"""Quoted names."""

from __future__ import annotations

import hashlib

LONGEST = 63  # bytes: NAMEDATALEN - 1, manual, "Identifiers and Key Words"


def unquoted(name: str) -> str:
    """A single name as the catalog has it. A table that smuggles its schema in (``"s"."t"``) gives its last part."""
    last = name.rpartition('"."')[2]
    return last.removeprefix('"').removesuffix('"').replace('""', '"')


def shortened(name: str) -> str:
    """A name that is not too long, and that no other long name is shortened to (the server just cuts it off)."""
    if len(name.encode()) <= LONGEST:
        return name
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:8]
    kept = name.encode()[: LONGEST - 9].decode(errors="ignore")
    return f"{kept}_{digest}"
