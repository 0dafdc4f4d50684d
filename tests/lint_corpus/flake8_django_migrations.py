"""flake8-django-migrations: it has one code."""

from __future__ import annotations

from .case import MIGRATE, Case, change, codes

CASES = [
    Case(
        tool="flake8-django-migrations",
        code="DM001",
        ours=codes("SM108"),
        defect="a field is removed together with its column, while the running release still asks for it",
        bad=change('migrations.RemoveField("product", "weight")'),
        good=change(
            """
            migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("product", "weight")])
            """
        ),
        runner=MIGRATE,
    ),
]
