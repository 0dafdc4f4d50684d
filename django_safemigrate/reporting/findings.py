"""The forms in which findings are written: one module each, ``findings_NAME``, with a function ``lines``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from django_safemigrate.values.findings import Finding

from . import __path__ as _here

# Findings and the directory that paths are relative to, to lines of output.
Writer = Callable[[Sequence[Finding], Path], list[str]]

_PREFIX = "findings_"


def formats() -> list[str]:
    """The names of the forms, that for people first."""
    names = [module.name.removeprefix(_PREFIX) for module in iter_modules(_here) if module.name.startswith(_PREFIX)]
    return sorted(names, key=lambda name: (name != "text", name))


def writer_of(name: str) -> Writer:
    """How a form is written."""
    writer: Writer = import_module(f"{__package__}.{_PREFIX}{name}").lines
    return writer


def shown_path(path: Path | None, root: Path) -> str:
    """A path as it is written: relative to ``root`` if it is below; empty for what has no file."""
    if path is None:
        return ""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
