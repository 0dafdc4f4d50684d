"""What an ENGINE of ours adds to Django's: another schema editor."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from django_safemigrate.compile.editor import editor_class

from .editor import ImmediateEditor


class SafeWrapper(BaseDatabaseWrapper):
    """A mixin for a PostgreSQL engine. ``schema_editor()`` changes the schema step by step, under the lock policy.

    There is no journal and no phase: a ``migrate`` that is interrupted has to be finished by hand.
    Inside an open transaction (``TestCase``, an atomic RunPython), and for collecting SQL, the editor is Django's.
    ``new_tables``: made through this connection, so that nobody uses them yet.
    """

    remembers_new_tables = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.new_tables: set[str] = set()

    def schema_editor(self, *args: Any, **kwargs: Any) -> BaseDatabaseSchemaEditor:
        if self.in_atomic_block or args or kwargs.get("collect_sql"):
            djangos: BaseDatabaseSchemaEditor = super().schema_editor(*args, **kwargs)
            return djangos
        ours: ImmediateEditor = editor_class(self.SchemaEditorClass, ImmediateEditor)(self)
        return ours
