"""Texts to findings: every statement is put to the rules, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.migrations.state import ProjectState

from django_safemigrate.decisions.assigning import Source
from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.names import Relation
from django_safemigrate.grammar.parse import Tree, node
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.sql.columns import TypesOfModels
from django_safemigrate.linting.sql.sent import Sent
from django_safemigrate.linting.sql.texts import Text
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.rules import seen_in
from django_safemigrate.linting.statements.seen import Around, Seen
from django_safemigrate.linting.statements.texts import long_names, misfit, syntax, unseen
from django_safemigrate.linting.statements.transactions import Transaction, refused
from django_safemigrate.linting.statements.why import counts, why
from django_safemigrate.values.findings import Finding, MigratesWith, Place
from django_safemigrate.values.phases import When
from django_safemigrate.values.sizes import Size


def seen_in_texts(inspected: Inspected, texts: Sequence[Sent]) -> Iterator[tuple[Sent, Seen]]:
    """What is wrong with the texts of a migration, in their order.

    What breaks a release, of an operation that Django knows, is said by the checks of phases (SM1xx); and of its types the
    fields speak themselves.
    """
    for sent, seen in _all_seen(inspected, texts):
        if not (sent.is_judged and seen.code in codes.OF_RELEASES | codes.OF_TYPES):
            yield sent, seen


def _all_seen(inspected: Inspected, texts: Sequence[Sent]) -> Iterator[tuple[Sent, Seen]]:
    around = Around(
        after_deploy=_is_after_deploy(inspected),
        before_deploy=_is_before_deploy(inspected),
        made=set(_made_in(texts)),
        new=set(inspected.new_tables),
        proved=set(_proved(texts)),
    )
    transactions: dict[str, Transaction] = {}
    for sent in texts:
        around.by_django, around.types = sent.by_django, TypesOfModels(sent.state)
        around.new |= sent.makes
        if sent.text.unseen:
            yield sent, unseen(sent.text.unseen)
        elif sent.text.misfit:
            yield sent, misfit(sent.text.sql, sent.text.misfit)
        elif sent.error is not None:
            yield sent, syntax(sent.text.sql, str(sent.error).partition(": ")[0])
        elif not sent.reverse:
            yield from (
                (sent, seen)
                for seen in _of_text(sent, around, transactions.setdefault(sent.transaction, Transaction()))
            )


def _is_after_deploy(inspected: Inspected) -> bool:
    """Plain ``migrate`` knows no phases: there, only what people have said counts."""
    assigned, plain = inspected.assigned, inspected.conditions.migrates_with is MigratesWith.MIGRATE
    said = assigned.source in {Source.DECLARED, Source.SETTING}
    return assigned.problem is None and assigned.safe.when is When.AFTER_DEPLOY and (said or not plain)


def _is_before_deploy(inspected: Inspected) -> bool:
    assigned = inspected.assigned
    return assigned.safe.when is When.BEFORE_DEPLOY and assigned.source in {Source.DECLARED, Source.SETTING}


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
        around.columns |= {
            (table.name, change.name)
            for table in statement.locks
            for change in statement.changes
            if change.kind in {Kind.ADD_COLUMN, Kind.SET_DEFAULT}
        }


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


def _made_in(texts: Sequence[Sent]) -> Iterator[str]:
    """The names of views, functions and the like that a migration makes."""
    for sent in texts:
        for tree in () if sent.reverse else sent.trees:
            kind, fields = node(tree)
            match kind:
                case "view_stmt":
                    yield fields["view"]["relname"]
                case "create_table_as_stmt":
                    yield fields["into"]["rel"]["relname"]
                case "create_function_stmt":
                    yield fields["funcname"][-1]["string"]["sval"]
                case "create_trig_stmt":
                    yield fields["trigname"]
                case "create_seq_stmt":
                    yield fields["sequence"]["relname"]
                case "create_enum_stmt":
                    yield fields["type_name"][-1]["string"]["sval"]
                case "create_domain_stmt":
                    yield fields["domainname"][-1]["string"]["sval"]


def _proved(texts: Sequence[Sent]) -> Iterator[Relation]:
    """Tables of which a constraint is validated, or is dropped behind a NOT NULL that it has proved."""
    for sent in texts:
        for statement in sent.statements:
            if {Kind.VALIDATE, Kind.DROP_CONSTRAINT} & set(statement.kinds):
                yield from statement.locks


def found_in(inspected: Inspected, sent: Sent, seen: Seen, place: Place | None = None) -> Iterator[Finding]:
    """The finding; none where the table is known to be so small that it does not matter."""
    size = _size(inspected, seen.table)
    if not counts(seen, size, inspected.conditions.small):
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
    inspected: Inspected, sql: str, state: ProjectState, *, operation: str = "", place: Place | None = None
) -> Iterator[Finding]:
    """What is wrong with SQL that code in a migration sends, which runs in the transaction of its operation.

    ``state``: the models before it. Raises ``RuntimeError`` where PostgreSQL's parser is not installed.
    """
    sent = Sent(operation, Text(sql), operation, inspected.migration.atomic, state)
    for one, seen in seen_in_texts(inspected, [sent]):
        yield from found_in(inspected, one, seen, place)
