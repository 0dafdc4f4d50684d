"""What a connection says when it does not serve, in words; other errors pass as they are."""

from __future__ import annotations

import pytest
from django.db import DataError, OperationalError, connection

from django_safemigrate.doing.speaking import speaking_of
from django_safemigrate.values.errors import DatabaseUnavailable
from tests.support.database import execute, value

pytestmark = pytest.mark.postgres


def test_a_statement_that_failed_is_not_about_the_connection(database: None) -> None:
    with pytest.raises(DataError, match="division by zero"), speaking_of(connection):
        value("SELECT 1 / 0")
    execute("SET statement_timeout = 10")
    with pytest.raises(OperationalError, match="statement timeout"), speaking_of(connection):
        value("SELECT pg_sleep(5)")


def test_a_server_that_is_not_there(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "HOST", "/nowhere")
        with pytest.raises(DatabaseUnavailable, match="cannot be reached") as caught, speaking_of(connection):
            value("SELECT 1")
    assert "Check HOST, PORT, USER and PASSWORD of DATABASES['default']" in str(caught.value)


def test_a_role_that_may_not(database: None) -> None:
    execute("CREATE TABLE theirs (id integer)")
    execute("SET ROLE pg_monitor")
    with (
        pytest.raises(DatabaseUnavailable, match="The role of this connection may not do that"),
        speaking_of(connection),
    ):
        value("SELECT count(*) FROM theirs")
