"""Writes ``safe = ...`` into the text of a migration file: Django's writer has no place for it."""

from __future__ import annotations

from django_safemigrate.values.phases import Safe

CLASS_LINE = "class Migration(migrations.Migration):\n"
_IMPORT = "from django.db import "


def with_safe(text: str, safe: Safe, reason: str = "") -> str:
    """The text of a migration file, with ``safe`` at the top of its class and the import that it needs.

    ``reason`` is a comment above it, on why the migration depends on what it does.
    Text that is not what Django's template gives, or that has a ``safe`` already, comes back unchanged.
    """
    if CLASS_LINE not in text or "\n    safe = " in text:
        return text
    expression, imports = safe.as_source()
    head, tail = text.split(CLASS_LINE, 1)
    lines = head.splitlines(keepends=True)
    place = max((n for n, line in enumerate(lines) if line.startswith(_IMPORT)), default=-1) + 1
    new = [line + "\n" for line in sorted(imports) if line + "\n" not in lines]
    ours = [line for line in new if line.startswith("from ")]
    plain = [line for line in new if line.startswith("import ")]
    lines[place:place] = ours
    first = next((n for n, line in enumerate(lines) if line.startswith(("import ", "from "))), 0)
    lines[first:first] = plain
    comment = f"    # {reason[0].upper()}{reason[1:]}.\n" if reason else ""
    body = f"{comment}    safe = {expression}\n"
    return "".join(lines) + CLASS_LINE + body + tail
