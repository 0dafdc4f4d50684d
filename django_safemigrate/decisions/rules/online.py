"""The operations of the package that go by way of a second column, as they stand in migrations."""

from __future__ import annotations

from dataclasses import replace

from django.db.migrations.state import ProjectState

from django_safemigrate.operations import AlterFieldOnline, FinishAlterField, FinishRenameField, RenameFieldOnline

from . import Answer, Level, Part, Question, Refusal, rule
from .alter_field import alter_field


@rule(AlterFieldOnline)
def alter_field_online(operation: AlterFieldOnline, app_label: str, before: ProjectState) -> Answer:
    """As its ``AlterField``. Its author knows that there is a second column, and has written the end of it elsewhere."""
    answer = alter_field(operation, app_label, before)
    if isinstance(answer, Question) and any(option.instead for option in answer.options):
        answer = answer.options[0].parts
    if isinstance(answer, Question | Refusal):
        return answer
    parts = [part for part in answer if not isinstance(part.operation, FinishAlterField)]
    return [replace(parts[0], operation=operation)] if len(parts) == 1 else parts


@rule(RenameFieldOnline)
def rename_field_online(operation: RenameFieldOnline, app_label: str, before: ProjectState) -> list[Part]:
    """New code needs the column of the new name."""
    return [Part(Level.EXPAND, operation)]


@rule(FinishAlterField, FinishRenameField)
def finish(operation: FinishAlterField | FinishRenameField, app_label: str, before: ProjectState) -> list[Part]:
    """Old code uses the old column."""
    return [Part(Level.CONTRACT, operation)]
