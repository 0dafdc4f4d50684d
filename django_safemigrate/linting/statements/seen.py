"""What a rule has seen in a statement, before it is put into the words of a finding."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django_safemigrate.grammar.names import Relation
from django_safemigrate.values.findings import Code
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Work


@dataclass(frozen=True)
class Seen:
    """``mode`` and ``work``: the lock on ``table`` and what is done under it, where that is what is wrong.

    ``why`` is said besides. ``instead``: the corrected SQL, or what to do; ``operation``: the same in Django's operations,
    for a statement that Django has written. ``counts_when_small``: also where the table is known to be small;
    ``only_when_large``: only where it is known to be large.
    """

    code: Code
    fact: str
    table: Relation | None = None
    mode: LockMode | None = None
    work: Work = Work.CATALOG
    why: str = ""
    instead: str = ""
    operation: str = ""
    counts_when_small: bool = True
    only_when_large: bool = False


@dataclass
class Around:
    """What is known of the surroundings of a statement.

    ``by_django``: Django's own operation has written it. ``after_deploy``: it runs when no old code is left;
    ``before_deploy``: its author says that old code runs. ``new``: the tables that nobody uses yet, and their indexes; it
    grows. ``made``: the names of all that the migration makes, so that what it drops before is replaced. ``columns``:
    those that it has added so far, or given a default to. ``proved``: tables of which a constraint is proved, or dropped
    again, in the same migration, as the way to a NOT NULL beside reads and writes goes. ``types``: the types of columns
    before the statement.
    """

    by_django: bool = False
    after_deploy: bool = False
    before_deploy: bool = False
    made: set[str] = field(default_factory=set)
    columns: set[tuple[str, str]] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    proved: set[Relation] = field(default_factory=set)
    types: ColumnTypes = field(default_factory=lambda: ColumnTypes())

    def is_new(self, relation: Relation) -> bool:
        return relation.name in self.new


class ColumnTypes:
    """The types of columns where nobody knows any; others know those of a state's models."""

    def type_of(self, table: str, column: str) -> str | None:
        """As SQL writes it; None where it is not known."""
        return None

    def is_indexed(self, table: str, column: str) -> bool:
        """Whether an index has the column; asked only where its type is known."""
        return False


_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def plain(relation: Relation) -> str:
    """A relation as people write it in SQL: with quotes only where they are needed."""
    parts = [part for part in (relation.schema, relation.name) if part]
    return ".".join(parts) if all(map(_PLAIN.fullmatch, parts)) else str(relation)
