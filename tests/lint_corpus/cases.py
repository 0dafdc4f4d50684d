"""All cases, tool by tool."""

from __future__ import annotations

from . import flake8_django_migrations, migration_linter, safe_migrations, safe_migrations_code, squawk, squawk_opt_in
from .case import Case

CASES: list[Case] = [
    *migration_linter.CASES,
    *safe_migrations.CASES,
    *safe_migrations_code.CASES,
    *squawk.CASES,
    *squawk_opt_in.CASES,
    *flake8_django_migrations.CASES,
]
