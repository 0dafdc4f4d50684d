from __future__ import annotations

from django.db.migrations import Migration

from django_safemigrate.doing.phases import own_file


def test_an_app_of_states_alone_has_no_files() -> None:
    """The harness runs migrations that nobody has written down."""
    assert own_file(Migration("0001_initial", "of_nobody")) == ""
