"""What is not about one table: transactions, types, code."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.grammar.names import from_strings
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.expressions import functions_called
from django_safemigrate.linting.statements.rules import rule
from django_safemigrate.linting.statements.seen import Around, Seen

_ENDS = {
    "TRANS_STMT_BEGIN": "BEGIN",
    "TRANS_STMT_START": "START TRANSACTION",
    "TRANS_STMT_COMMIT": "COMMIT",
    "TRANS_STMT_ROLLBACK": "ROLLBACK",
    "TRANS_STMT_PREPARE": "PREPARE TRANSACTION",
    "TRANS_STMT_COMMIT_PREPARED": "COMMIT PREPARED",
    "TRANS_STMT_ROLLBACK_PREPARED": "ROLLBACK PREPARED",
}


@rule("transaction_stmt")
def by_hand(tree: Tree, around: Around) -> Iterator[Seen]:
    words = _ENDS.get(tree["kind"])
    if words:
        yield Seen(
            codes.TRANSACTION,
            f"{words} stands in the SQL of a migration.",
            why="Django has begun a transaction, in which it records the migration: a COMMIT in between ends that one, and "
            "what fails later is not taken back.",
            instead="Leave it out. With atomic = False each statement is a transaction; where several belong together, put "
            "them into one string.",
        )


def _type_name(tree: Tree) -> str:
    return from_strings([item["string"]["sval"] for item in tree["type_name"]]).name


# ALTER DOMAIN's subtypes: T default, N drop not null, O set not null, C add constraint, X drop it, V validate it.
@rule("alter_domain_stmt")
def domain(tree: Tree, around: Around) -> Iterator[Seen]:
    name, subtype = _type_name(tree), tree["subtype"]
    checked = subtype == "C" and not tree["def"]["constraint"].get("skip_validation")
    if checked or subtype == "O":
        yield Seen(
            codes.DOMAIN,
            f"The domain {name} gets a rule that is proved for every column that has it.",
            why="Each of the tables is read under SHARE: nobody can write to any of them until all have been read.",
            instead=f"ALTER DOMAIN {name} ADD CONSTRAINT ... NOT VALID;\nand in a transaction of its own:\n"
            f"ALTER DOMAIN {name} VALIDATE CONSTRAINT ...;",
        )


@rule("alter_table_stmt")
def composite(tree: Tree, around: Around) -> Iterator[Seen]:
    if tree["objtype"] == "OBJECT_TYPE":
        name = tree["relation"]["relname"]
        yield Seen(
            codes.DOMAIN,
            f"The composite type {name} is altered.",
            why="Tables of that type are altered along (CASCADE), or the server refuses it where a column has the type.",
            instead="Make another type, and a column of it beside the old one.",
        )


@rule("create_domain_stmt")
def new_domain(tree: Tree, around: Around) -> Iterator[Seen]:
    if any(item["constraint"]["contype"] == "CONSTR_CHECK" for item in tree.get("constraints", ())):
        name = tree["domainname"][-1]["string"]["sval"]
        yield Seen(
            codes.NEW_DOMAIN,
            f"The domain {name} has a CHECK.",
            why="To change it later reads every table that has the domain, and locks it.",
            instead="Put the CHECK on the columns.",
        )


@rule("do_stmt")
def block(tree: Tree, around: Around) -> Iterator[Seen]:
    yield _unseen("A DO block runs code.")


@rule("call_stmt")
def called(tree: Tree, around: Around) -> Iterator[Seen]:
    yield _unseen(f"The procedure {tree['funccall']['funcname'][-1]['string']['sval']}() runs.")


@rule("select_stmt")
def selected(tree: Tree, around: Around) -> Iterator[Seen]:
    """Functions of the server's own are no reason: such as setval(), with which a sequence is set."""
    own = [name for name in functions_called(tree) if name.user_defined]
    if own:
        yield _unseen(f"The function {own[0].name}() runs.")


def _unseen(fact: str) -> Seen:
    return Seen(
        codes.UNSEEN,
        fact,
        why="Which tables it locks, and for how long, is not to be seen from here.",
        instead="Look at what it does; then suppress this with what you have found, or write it as plain statements.",
    )
