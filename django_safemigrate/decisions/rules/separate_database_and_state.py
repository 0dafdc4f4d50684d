"""SeparateDatabaseAndState: what its database operations are, in one phase (row X2, trap 27)."""

from __future__ import annotations

from django.db.migrations.operations import CreateModel, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.values.states import knows_content_types, unrendered

from . import Level, Part, Question, Refusal, answer_of, rule


@rule(SeparateDatabaseAndState)
def separate_database_and_state(
    operation: SeparateDatabaseAndState, app_label: str, before: ProjectState
) -> list[Part] | Refusal:
    """Without database operations it is Python only. It stays whole: nobody but its author knows how to divide its state.

    Where a rule would ask, the safe option counts.
    """
    if not operation.database_operations:
        return [Part(Level.EXPAND, operation, _content_types(operation, app_label, before), demotable=True)]
    state = unrendered(before)
    found: list[Part] = []
    for inner in operation.database_operations:
        answer = answer_of(inner, app_label, state)
        if isinstance(answer, Refusal):
            return Refusal(answer.fact, answer.reason, answer.remedy, (operation,))
        found += answer.options[0].parts if isinstance(answer, Question) else answer
        inner.state_forwards(app_label, state)
    levels = {part.level for part in found}
    if len(levels) > 1:
        return _mixed(operation, app_label, found)
    remark = "; ".join(part.remark for part in found if part.remark)
    return [Part(levels.pop(), operation, remark, demotable=all(part.demotable for part in found))]


def _content_types(operation: SeparateDatabaseAndState, app_label: str, before: ProjectState) -> str:
    """What is left to do for models that get another name, or come from another app (row M5)."""
    names = [f"{app_label}.{one.name}" for one in operation.state_operations if isinstance(one, CreateModel)]
    if not names or not knows_content_types(before):
        return ""
    return (
        f"Django makes a new content type for {', '.join(names)}, and new permissions with it: what refers to the old ones "
        "(generic relations, permissions of users and groups) has to be moved by a migration of your own"
    )


def _mixed(operation: Operation, app_label: str, found: list[Part]) -> Refusal:
    works = {level: [part.operation.describe() for part in found if part.level is level] for level in Level}
    first, last = ('"' + '", "'.join(works[level]) + '"' for level in Level)
    return Refusal(
        f"{app_label}: a SeparateDatabaseAndState has work for two phases.",
        f"Before deploy: {first}; after deploy: {last}.",
        "Make two of it, in two migrations: the first with safe = Safe.before_deploy(), the second with "
        "safe = Safe.after_deploy().",
        (operation,),
    )
