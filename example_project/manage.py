#!/usr/bin/env python
"""The command line of the example shop."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if os.environ.get("DATABASE_URL"):
            raise
        sys.exit(
            f"{error}\n\n"
            "DATABASE_URL is not set, so the shop looked for a database named shop on this machine. Either\n"
            "    export DATABASE_URL=postgresql://user:password@host:5432/database\n"
            "or run `python manage.py demo`, which starts a PostgreSQL server of its own."
        )


if __name__ == "__main__":
    main()
