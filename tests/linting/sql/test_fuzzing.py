"""Whatever stands in a RunSQL, the linter says something of it or nothing, and never fails."""

from __future__ import annotations

import random
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from django_safemigrate.grammar.parse import DoesNotParse, parse
from django_safemigrate.values.findings import MigratesWith
from tests.grammar.cases import CASES
from tests.linting.sql.cases import BAD, GOOD
from tests.linting.sql.support import codes, in_sql

STATEMENTS = [*CASES, *BAD, *GOOD]
WORDS = sorted({word for sql in STATEMENTS for word in sql.replace("(", " ( ").replace(")", " ) ").split()})
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXT = some.text(some.characters(codec="utf-8"), max_size=80)


def looked_at(sql: Any) -> set[str]:
    """What is found, with every way to run it."""
    found = [
        codes(in_sql(sql, atomic=atomic, migrates_with=runner)) for atomic in (True, False) for runner in MigratesWith
    ]
    return set().union(*found)


@pytest.mark.parametrize("sql", CASES)
def test_every_statement_that_the_grammar_knows(sql: str) -> None:
    assert not looked_at(sql) & {"SM228", "SM229"}


@given(some.lists(some.sampled_from(WORDS), max_size=25).map(" ".join))
@FEW
def test_words_of_sql_in_any_order(sql: str) -> None:
    found = looked_at(sql)
    try:
        parse(sql)
    except DoesNotParse:
        assert found & {"SM228", "SM229"}


@given(some.sampled_from(STATEMENTS), some.randoms(use_true_random=False))
@FEW
def test_statements_that_were_changed_somewhere(sql: str, chance: random.Random) -> None:
    looked_at(mutated(sql, chance))


def mutated(sql: str, chance: random.Random) -> str:
    """Some characters or words lost, doubled, exchanged, or other ones in their place."""
    words = sql.split(" ")
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(words))
        match chance.randrange(5):
            case 0:
                words[place] = ""
            case 1:
                words[place] = f"{words[place]} {words[place]}"
            case 2:
                words[place] = chance.choice(WORDS)
            case 3:
                other = chance.randrange(len(words))
                words[place], words[other] = words[other], words[place]
            case _:
                at = chance.randint(0, len(words[place]))
                words[place] = words[place][:at] + chance.choice(string.printable) + words[place][at + 1 :]
    return " ".join(words)


@given(TEXT)
@example("\0")
@example("SELECT '\ud800'")
@example("\N{ZERO WIDTH NO-BREAK SPACE}SELECT 1")
@example('ALTER TABLE "täb\N{PILE OF POO}le" DROP COLUMN "ß"')
@example("SELECT $$ unfinished")
@example("/* unfinished")
@example("SELECT 'unfinished")
@example("%")
@example("\\")
@FEW
def test_any_text(sql: str) -> None:
    looked_at(sql)


@given(TEXT, some.none() | some.lists(some.integers() | some.text(max_size=5) | some.none(), max_size=3))
@example("SELECT %s", [["a", None], b"\x00"])
@FEW
def test_any_parameters(sql: str, params: Any) -> None:
    looked_at([(sql, params), sql])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 3_000 + "1" + ")" * 3_000,
        "SELECT " + "1 + " * 5_000 + "1",
        "SELECT * FROM " + "(SELECT * FROM " * 300 + "t" + ") x" * 300,
        "UPDATE shop_order SET note = '" + "x" * 2_000_000 + "'",
        "SELECT 1; " * 2_000,
        "INSERT INTO shop_order VALUES " + ", ".join("(1, 2, 3)" for _ in range(5_000)),
        "ALTER TABLE shop_order " + ", ".join(f"ADD c{number} int" for number in range(1_000)),
    ],
    ids=["deep", "long sum", "nested queries", "long text", "many", "many rows", "many columns"],
)
def test_what_is_huge(sql: str) -> None:
    in_sql(sql)
