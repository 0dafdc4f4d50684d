"""Database functions that migration files name."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.functions import RandomUUID as PostgresRandomUUID


class RandomUUID(PostgresRandomUUID):
    """What ``uuid.uuid4`` is in Python: a random UUID, another one in each row.

    ``gen_random_uuid()`` on PostgreSQL (manual, "UUID Functions"; without an extension since 13). On SQLite, on which
    projects like to run their tests, random bytes in the form in which Django stores a UUID there.
    """

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, tuple[str | int, ...]]:
        return "lower(hex(randomblob(16)))", ()
