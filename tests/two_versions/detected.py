"""What makemigrations makes of a pair, without a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.migrations import SeparateDatabaseAndState
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.operations.base import Operation
from django.db.migrations.questioner import MigrationQuestioner
from django.db.models import NOT_PROVIDED

from django_safemigrate import Safe
from django_safemigrate.decisions.choices import Choices
from django_safemigrate.decisions.rules import Question, Refusal
from django_safemigrate.doing.autodetector import splitting
from tests.decisions.states import Changes, history
from tests.two_versions.pair import Pair


class Answers(MigrationQuestioner):
    """What the pair says that the author answers."""

    def __init__(self, pair: Pair) -> None:
        super().__init__({"ask_rename": pair.renames, "ask_rename_model": pair.renames, "ask_initial": True})
        self.pair = pair

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        return self.pair.answers[f"{model_name}.{field_name}"]

    def ask_not_null_alteration(self, field_name: str, model_name: str) -> Any:
        return self.pair.answers.get(f"{model_name}.{field_name}", NOT_PROVIDED)

    ask_auto_now_add_addition = ask_not_null_addition


@dataclass(frozen=True)
class Detected:
    """What is written, and what is refused."""

    changes: Changes
    refusals: list[Refusal]

    def operations(self, phase: str) -> list[str]:
        """The operations of a phase, in short, in the order in which they are written."""
        when = Safe.before_deploy() if phase == "expand" else Safe.after_deploy()
        return [
            short(operation)
            for _, migrations in sorted(self.changes.items())
            for migration in migrations
            if migration.safe == when  # type: ignore[attr-defined]
            for operation in migration.operations
        ]

    @property
    def phases(self) -> str:
        return " ".join(phase for phase in ("expand", "contract") if self.operations(phase))


def choices(pair: Pair) -> Choices:
    def answer(question: Question) -> int:
        return pair.choices.get(question.about, 0)

    return Choices(answer)


def detected(pair: Pair) -> Detected:
    detector: Any = splitting(MigrationAutodetector)
    its = detector(pair.before, pair.after, Answers(pair), choices=choices(pair))
    changes = its.changes(graph=history(pair.before))
    return Detected(changes, its.refusals)


def stock(pair: Pair) -> Changes:
    """What Django itself writes."""
    return MigrationAutodetector(pair.before, pair.after, Answers(pair)).changes(graph=history(pair.before))


def short(operation: Operation) -> str:
    """``AddField order.new``, ``RemoveIndex order.i``; of several in one, the first that reaches the database."""
    if isinstance(operation, SeparateDatabaseAndState):
        inner = [*operation.database_operations, *operation.state_operations]
        return short(inner[0]) if inner else type(operation).__name__
    its = vars(operation)
    model = its.get("model_name") or its.get("name") or its.get("new_name", "")
    index = its.get("index") or its.get("constraint")
    part = getattr(index, "name", "") or (its.get("name") if its.get("model_name") else "") or ""
    return f"{type(operation).__name__} {model}{'.' if part else ''}{part}".lower().replace(
        type(operation).__name__.lower(), type(operation).__name__, 1
    )
