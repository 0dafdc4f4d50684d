"""SQL that Django, or another package, writes for an operation."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.compile.binding import BoundOperation
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.sql.texts import Text


class Djangos:
    def __init__(self, inspected: Inspected) -> None:
        self.inspected = inspected

    def texts(self, bound: BoundOperation) -> Iterator[Text]:
        return iter(())

    def at_end(self) -> Iterator[Text]:
        return iter(())
