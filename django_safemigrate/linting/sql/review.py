"""Texts to findings: every statement is put to the rules, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.migrations.state import ProjectState

from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.names import Relation
from django_safemigrate.grammar.parse import Tree, node
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.sql.columns import TypesOfModels
from django_safemigrate.linting.sql.sent import Sent
from django_safemigrate.linting.sql.texts import Text
from django_safemigrate.linting.statements.rules import seen_in
from django_safemigrate.linting.statements.seen import Around, Seen
from django_safemigrate.linting.statements.texts import long_names, misfit, syntax
from django_safemigrate.linting.statements.transactions import Transaction, refused
from django_safemigrate.linting.statements.why import counts, why
from django_safemigrate.values.findings import Finding, Place
from django_safemigrate.values.limits import SmallTable
from django_safemigrate.values.phases import When
from django_safemigrate.values.sizes import Size


def seen_in_texts(inspected: Inspected, texts: Sequence[Sent]) -> Iterator[tuple[Sent, Seen]]:
    """What is wrong with the texts of a migration, in their order."""
    around = Around(
        after_deploy=inspected.assigned.problem is None and inspected.assigned.safe.when is When.AFTER_DEPLOY,
        new=set(inspected.new_tables),
        proved=set(_proved(texts)),
    )
    transactions: dict[str, Transaction] = {}
    for sent in texts:
        around.by_django, around.types = sent.by_django, TypesOfModels(sent.state)
        around.new |= sent.makes
        if sent.text.misfit:
            yield sent, misfit(sent.text.sql, sent.text.misfit)
        elif sent.error is not None:
            yield sent, syntax(sent.text.sql, str(sent.error).partition(": ")[0])
        elif not sent.reverse:
            yield from (
                (sent, seen)
                for seen in _of_text(sent, around, transactions.setdefault(sent.transaction, Transaction()))
            )


def _of_text(sent: Sent, around: Around, transaction: Transaction) -> Iterator[Seen]:
    yield from long_names(sent.text.sql)
    for tree, statement in zip(sent.trees, sent.statements, strict=True):
        together = [
            refused(tree, statement, several=not sent.explicit)
            if sent.in_transaction and not sent.refuses_itself
            else None,
            transaction.validated(statement),
            transaction.without_default(statement, around),
            transaction.several(statement, around),
        ]
        yield from (seen for seen in together if seen is not None)
        yield from seen_in(tree, around)
        around.new |= _made(tree, around)


def _made(tree: Tree, around: Around) -> set[str]:
    """The table, or the index of a new table, that a statement makes."""
    kind, fields = node(tree)
    if kind == "create_stmt":
        return {fields["relation"]["relname"]}
    if kind == "create_table_as_stmt":
        return {fields["into"]["rel"]["relname"]}
    if kind == "index_stmt" and fields["relation"]["relname"] in around.new and "idxname" in fields:
        return {fields["idxname"]}
    return set()


def _proved(texts: Sequence[Sent]) -> Iterator[Relation]:
    """Tables of which a constraint is validated, or is dropped behind a NOT NULL that it has proved."""
    for sent in texts:
        for statement in sent.statements:
            if {Kind.VALIDATE, Kind.DROP_CONSTRAINT} & set(statement.kinds):
                yield from statement.locks


def found_in(inspected: Inspected, sent: Sent, seen: Seen, place: Place | None = None) -> Iterator[Finding]:
    """The finding; none where the table is known to be so small that it does not matter."""
    size = _size(inspected, seen.table)
    if not counts(seen, size, SmallTable()):
        return
    yield inspected.finding(
        seen.code,
        seen.fact,
        why(seen, size),
        (seen.operation if sent.by_django else "") or seen.instead,
        operation=sent.path,
        table=seen.table.name if seen.table else "",
        place=place,
    )


def _size(inspected: Inspected, table: Relation | None) -> Size | None:
    if table is None:
        return None
    sizes = inspected.conditions.sizes
    return sizes.get(f"{table.schema}.{table.name}") or sizes.get(table.name)


def findings_in_sql(
    inspected: Inspected, sql: str, *, operation: str = "", params: object = None, place: Place | None = None
) -> Iterator[Finding]:
    """What is wrong with SQL that code in a migration sends, which runs in the transaction of its operation.

    ``params``: None where there are none, or where nobody knows them; placeholders then stand for some value. Raises
    ``RuntimeError`` where PostgreSQL's parser is not installed.
    """
    sent = Sent(operation, Text(sql), operation, inspected.migration.atomic, ProjectState())
    for one, seen in seen_in_texts(inspected, [sent]):
        yield from found_in(inspected, one, seen, place)
