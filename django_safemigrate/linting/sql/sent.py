"""What a migration sends to the server: statements, in texts, in transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.migrations.operations import AddField, CreateModel, RunSQL
from django.db.migrations.state import ProjectState

from django_safemigrate.compile.binding import BoundOperation
from django_safemigrate.decisions.inferring import NOT_HERE
from django_safemigrate.grammar.classify import statement
from django_safemigrate.grammar.parse import DoesNotParse, Tree, parse
from django_safemigrate.grammar.statements import Statement
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.sql.django import Djangos
from django_safemigrate.linting.sql.texts import Text, texts_of, unseen
from django_safemigrate.values.findings import MigratesWith
from django_safemigrate.values.operations import is_django, runs_itself
from django_safemigrate.values.tables import has_table, table_between, table_of


@dataclass
class Sent:
    """One text.

    ``path``: the place of its operation. ``transaction``: the same for what runs in one. ``explicit``: Django begins that;
    without, the text is a transaction by itself. ``state``: the models before it. ``by_django``: it is of an operation that
    is no RunSQL; ``is_judged``: of one that Django knows, so that its phase is judged by the operation itself. ``reverse``:
    it would run backwards. ``refuses_itself``: Django does not run the operation in a transaction. ``error``: why it does not
    parse. ``makes``: the tables that its operation has made, whatever is in the text.
    """

    path: str
    text: Text
    transaction: str
    explicit: bool
    state: ProjectState
    by_django: bool = False
    is_judged: bool = False
    reverse: bool = False
    refuses_itself: bool = False
    error: DoesNotParse | None = None
    trees: list[Tree] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    makes: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.text.misfit or not self.text.sql.strip():
            return
        try:
            self.trees = parse(self.text.sql)
            self.statements = [statement(tree) for tree in self.trees]
        except DoesNotParse as error:
            self.error = error
            self.trees, self.statements = [], []

    @property
    def in_transaction(self) -> bool:
        """Whether the server refuses what cannot run in one: several statements in one text are one, too."""
        return self.explicit or len(self.trees) > 1


def sent_by(inspected: Inspected) -> Iterator[Sent]:
    """Every text of a migration, forwards, in order; what goes backwards comes right behind.

    Raises ``RuntimeError`` with the command to type where PostgreSQL's parser is not installed.
    """
    migration, plain = inspected.migration, inspected.conditions.migrates_with is MigratesWith.MIGRATE
    if runs_itself(migration):
        yield Sent("", unseen("The migration overrides apply()"), "", False, inspected.before)
        return
    djangos = Djangos(inspected)
    elsewhere = {id(one.operation) for one in inspected.inferred.operations if one.why == NOT_HERE}
    for bound in inspected.bound():
        if id(bound.operation) in elsewhere:
            continue  # of another database, maybe of another kind
        made = frozenset(_tables_made(bound))
        operation = bound.operation
        if isinstance(operation, RunSQL):
            texts: Iterable[Text] = texts_of(operation)
        else:
            texts = djangos.texts(bound)
        number = 0
        for number, text in enumerate(texts, 1):
            yield Sent(
                bound.path,
                text,
                _transaction(migration.atomic, plain, bound.path, number),
                migration.atomic,
                bound.from_state,
                by_django=not isinstance(operation, RunSQL),
                is_judged=is_django(operation),
                refuses_itself=hasattr(operation, "_ensure_not_in_transaction"),
                makes=made,
            )
        if not number and made:
            yield Sent(bound.path, Text(""), "", False, bound.from_state, makes=made)
        if isinstance(operation, RunSQL) and operation.reverse_sql:
            for text in texts_of(operation, reverse=True):
                yield Sent(bound.path, text, "", migration.atomic, bound.from_state, reverse=True)


def _transaction(atomic: bool, plain: bool, path: str, number: int) -> str:
    """``migrate`` runs an atomic migration in one; safemigrate gives each operation one of its own."""
    if atomic:
        return "" if plain else path
    return f"{path}/{number}"


def _tables_made(bound: BoundOperation) -> Iterator[str]:
    """The tables of new models and of new many-to-many fields."""
    operation = bound.operation
    if isinstance(operation, CreateModel):
        key, only = (bound.app_label, operation.name_lower), None
    elif isinstance(operation, AddField) and operation.field.many_to_many:
        key, only = (bound.app_label, operation.model_name_lower), operation.name
    else:
        return
    model = bound.to_state.models.get(key)
    if model is None or not has_table(model):
        return
    if only is None:
        yield table_of(model)
    for name, own in model.fields.items():
        if own.many_to_many and only in {None, name}:
            yield getattr(own, "db_table", None) or table_between(model, name)
