from __future__ import annotations

import contextlib
import sqlite3
import uuid
from typing import Any

from django.db import connection

from django_safemigrate.functions import RandomUUID


def test_each_row_gets_another_uuid(database: Any) -> None:
    sql, params = connection.ops.compiler("SQLCompiler")(None, connection, None).compile(RandomUUID())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql} UNION ALL SELECT {sql}", [*params, *params])
        found = {str(uuid.UUID(str(value))) for [value] in cursor.fetchall()}
    assert len(found) == 2


def test_on_sqlite_it_is_what_django_stores_there() -> None:
    sql, _ = RandomUUID().as_sqlite(None, None)
    with contextlib.closing(sqlite3.connect(":memory:")) as session:
        (value,) = session.execute(f"SELECT {sql}").fetchone()
    assert uuid.UUID(value).hex == value
