"""A case of the corpus: what a tool's code stands for, a migration that has the defect, and one that has not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent, indent

MIGRATE, SAFEMIGRATE = "migrate", "safemigrate"

_HEADER = """\
import uuid

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.operations as postgres
import django.utils.timezone
from django.db import migrations, models

from django_safemigrate import Safe
from django_safemigrate.operations import Backfill
"""


_ADDED = re.compile(r"ALTER TABLE (?:public\.)?shop_(\w+) ADD COLUMN (?:IF NOT EXISTS )?(?!id\b)(\w+)")


@dataclass(frozen=True)
class Change:
    """One migration of the app ``shop``, after ``0001_initial``; ``also``: further ones, by their names.

    ``operations`` are Python's text, one each; ``before`` stands above the class, ``attributes`` in it.
    """

    operations: tuple[str, ...]
    before: str = ""
    attributes: tuple[str, ...] = ()
    also: Mapping[str, Change] = field(default_factory=dict)

    def text(self) -> str:
        """The file."""
        attributes = "".join(f"    {line}\n" for line in self.attributes)
        operations = "".join(indent(operation, " " * 8) + ",\n" for operation in self.operations)
        before = f"\n\n{self.before}\n" if self.before else ""
        return (
            f"{_HEADER}{before}\n\nclass Migration(migrations.Migration):\n"
            f'    dependencies = [("shop", "0001_initial")]\n{attributes}    operations = [\n{operations}    ]\n'
        )


@dataclass(frozen=True, kw_only=True)
class Case:
    """``defect``: what the code stands for, in our words. ``ours``: the codes with which we report the bad one, where
    ``runner`` runs the migrations; without any, ``reason`` says why it is no defect. A reason beside codes says what of the
    tool's message is not so.

    ``silent``: the tool never says this with PostgreSQL and a Django that is supported; ``opt_in``: only when it is asked for
    it. ``settings``: what the project of this case sets besides.
    """

    tool: str
    code: str
    defect: str
    bad: Change
    good: Change
    ours: frozenset[str] = frozenset()
    runner: str = SAFEMIGRATE
    reason: str = ""
    silent: bool = False
    opt_in: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """A name for a directory."""
        return f"{self.tool}_{self.code}".replace("-", "_").lower()


def change(
    *operations: str, before: str = "", atomic: bool = True, phase: str = "", also: Mapping[str, Change] | None = None
) -> Change:
    """A migration of operations; ``phase``: what it says of itself, such as ``before_deploy``."""
    attributes = (*(("atomic = False",) if not atomic else ()), *((f"safe = Safe.{phase}()",) if phase else ()))
    return Change(
        tuple(dedent(one).strip() for one in operations),
        dedent(before).strip(),
        attributes,
        also if also is not None else {},
    )


def sql(
    *statements: str, atomic: bool = True, phase: str = "before_deploy", back: str | None = "", state: str = ""
) -> Change:
    """A migration of one ``RunSQL``. ``back``: the SQL that takes it back, None for none; ``state``: its state operations, by
    themselves those of the columns that it adds.
    """
    state = state or ", ".join(
        f'migrations.AddField("{model}", "{column}", models.TextField(null=True))'
        for model, column in _ADDED.findall(" ".join(statements))
    )
    given = repr(statements[0]) if len(statements) == 1 else repr(list(statements))
    reverse = "" if back is None else f", reverse_sql={back!r}" if back else ", reverse_sql=migrations.RunSQL.noop"
    states = f", state_operations=[{state}]" if state else ""
    return change(f"migrations.RunSQL({given}{reverse}{states})", atomic=atomic, phase=phase)


def python(body: str, *, reverse: bool = True, atomic: bool = True, phase: str = "before_deploy") -> Change:
    """A migration of one ``RunPython``, whose function is called ``forwards``."""
    back = ", migrations.RunPython.noop" if reverse else ""
    return change(f"migrations.RunPython(forwards{back})", before=body, atomic=atomic, phase=phase)


def codes(*names: str) -> frozenset[str]:
    return frozenset(names)
