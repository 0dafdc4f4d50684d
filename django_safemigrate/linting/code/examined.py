"""The RunPython operations of a migration with what their code does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import takewhile
from pathlib import Path

from django.db.migrations.operations import CreateModel, RenameModel, RunPython, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.doing.whose import is_installed
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.later import Later

from .facts import Fact
from .located import locate
from .reader import Reader
from .values import Apps, Editor

Key = tuple[str, str]


@dataclass(frozen=True)
class Examined:
    """``path``: the operation's place; ``state``: the models that its code gets; ``made``: those of them that its own
    migration has made. ``atomic``: whether it runs in a transaction. ``facts``: what its code does, forwards. ``later``: the
    columns that came later than their tables, before it; None where nobody knows.
    """

    operation: RunPython
    path: str
    state: ProjectState
    made: frozenset[Key]
    atomic: bool
    facts: tuple[Fact, ...]
    later: Callable[[], Later | None]

    @property
    def name(self) -> str:
        """Of its function, for people."""
        name = getattr(self.operation.code, "__name__", "")
        return f"{name}()" if name.isidentifier() else "A RunPython"


def examined(inspected: Inspected) -> Iterator[Examined]:
    """Each of them, with the state before it; each is to be looked at before the next one is asked for."""
    if not any(_has_code(operation) for operation in inspected.migration.operations):
        return
    made: set[Key] = set()
    label = inspected.migration.app_label
    for bound in inspected.bound():
        operation = bound.operation
        if isinstance(operation, CreateModel):
            made.add((label, operation.name_lower))
        elif isinstance(operation, RenameModel) and (label, operation.old_name_lower) in made:
            made.add((label, operation.new_name_lower))
        elif isinstance(operation, RunPython) and operation.code is not RunPython.noop:
            atomic = bool(operation.atomic or inspected.migration.atomic)
            facts = tuple(_facts(operation, inspected.path))
            later = partial(_later, inspected, operation)
            yield Examined(operation, bound.path, bound.from_state, frozenset(made), atomic, facts, later)


def _later(inspected: Inspected, until: Operation) -> Later | None:
    if inspected.later is None:
        return None
    found, operations = inspected.later(), inspected.migration.operations
    before = takewhile(lambda one: one is not until and not _has(one, until), operations)
    found.follow(before, inspected.migration.app_label)
    return found


def _has(operation: Operation, wanted: Operation) -> bool:
    inner = operation.database_operations if isinstance(operation, SeparateDatabaseAndState) else ()
    return any(one is wanted or _has(one, wanted) for one in inner)


def _has_code(operation: Operation) -> bool:
    if isinstance(operation, SeparateDatabaseAndState):
        return any(_has_code(inner) for inner in operation.database_operations)
    return isinstance(operation, RunPython)


def _facts(operation: RunPython, own: Path | None) -> list[Fact]:
    located = locate(operation.code)
    if located is None:
        return []
    reader = Reader(lambda path: path in {own, located.path} or not _is_others(path))
    reader.read(located, [Apps(), Editor()])
    return reader.facts


@cache
def _is_others(path: Path) -> bool:
    """Whether a file is Python's or an installed package's: what these do is theirs."""
    return is_installed(path) or ("lib" in path.parts and any(part.startswith("python3") for part in path.parts))
