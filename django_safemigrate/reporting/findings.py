"""The forms in which findings are written: one module each, ``findings_NAME``, with a function ``lines``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from django_safemigrate.values.findings import Finding

# Findings and the directory that paths are relative to, to lines of output.
Writer = Callable[[Sequence[Finding], Path], list[str]]

# The names of the forms, that for people first.
FORMATS = ("text", "json", "github", "gitlab", "sarif")


def writer_of(name: str) -> Writer:
    """How a form is written."""
    writer: Writer = import_module(f"{__package__}.findings_{name}").lines
    return writer


def shown_path(path: Path | None, root: Path) -> str:
    """A path as it is written: relative to ``root`` if it is below; empty for what has no file."""
    if path is None:
        return ""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
