"""AlterModelTableComment: a comment that no code reads (row M6)."""

from __future__ import annotations

from django.db.migrations.operations import AlterModelTableComment
from django.db.migrations.state import ProjectState

from . import Level, Part, rule


@rule(AlterModelTableComment)
def alter_model_table_comment(operation: AlterModelTableComment, app_label: str, before: ProjectState) -> list[Part]:
    """COMMENT ON takes SHARE UPDATE EXCLUSIVE, for an instant."""
    return [Part(Level.EXPAND, operation, demotable=True)]
