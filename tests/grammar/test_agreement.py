"""The check has to catch wrong steps, whatever is wrong with them, and to leave right ones alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step, Work
from tests.grammar.agreement import disagreements

AS, RS, RX = LockMode.ACCESS_SHARE, LockMode.ROW_SHARE, LockMode.ROW_EXCLUSIVE
SUE, S, SRX = LockMode.SHARE_UPDATE_EXCLUSIVE, LockMode.SHARE, LockMode.SHARE_ROW_EXCLUSIVE
AX = LockMode.ACCESS_EXCLUSIVE


def step(sql: str, *locks: tuple[str, LockMode], work: Work = Work.CATALOG, **more: Any) -> Step:
    transactional = work not in {Work.INDEX_BUILD, Work.INDEX_DROP, Work.ROWS}
    return Step(
        **{
            "description": "",
            "sql": sql,
            "locks": tuple(RelationLock(*lock) for lock in locks),
            "work": work,
            "transactional": transactional,
            **more,
        }
    )


FOREIGN_KEY = 'ALTER TABLE "t" ADD CONSTRAINT "k" FOREIGN KEY ("a") REFERENCES "r" ("id") NOT VALID'
RIGHT = [
    step('ALTER TABLE "t" ADD COLUMN "a" int NULL', ('"t"', AX), undo='ALTER TABLE "t" DROP COLUMN "a"'),
    step(
        "ALTER TABLE t ADD a int; ALTER TABLE t ADD b int", ("t", AX), undo="ALTER TABLE t DROP b; ALTER TABLE t DROP a"
    ),
    step("ALTER TABLE other.t ADD a int", ('"other"."t"', AX)),
    step('ALTER TABLE "other"."T" ADD a int', ('other."T"', AX)),
    step("ALTER TABLE T ADD a int", ('"t"', AX)),
    step("ALTER TABLE t ADD a int", ("t", AX), ('"p1"', AX)),  # partitions are not in the text
    step("ALTER TABLE t ADD a int DEFAULT random()", ("t", AX), work=Work.REWRITE),
    step("ALTER TABLE t ADD a int CHECK (a > 0)", ("t", AX), work=Work.BLOCKING_SCAN),
    step(FOREIGN_KEY, ('"t"', SRX), ('"r"', SRX), offenders="SELECT 1 FROM t"),
    step("ALTER TABLE t VALIDATE CONSTRAINT k", ("t", SUE), ("r", RS), work=Work.SCAN),
    step("ANALYZE t (a)", ("t", SUE), work=Work.SCAN),
    step("ALTER TABLE t ADD CHECK (a > 0) NOT VALID", ("t", AX)),
    step("ALTER TABLE t ADD CHECK (a > 0)", ("t", AX), work=Work.BLOCKING_SCAN),
    step("ALTER TABLE t ADD UNIQUE USING INDEX i", ("t", AX)),
    step("ALTER TABLE t ADD UNIQUE (a)", ("t", AX), work=Work.BLOCKING_BUILD),
    step("ALTER TABLE t ADD PRIMARY KEY USING INDEX i", ("t", AX), work=Work.BLOCKING_SCAN),
    step("ALTER TABLE t VALIDATE CONSTRAINT k, ALTER a DROP NOT NULL", ("t", AX), work=Work.BLOCKING_SCAN),
    step("CREATE INDEX i ON t (a)", ("t", S), work=Work.BLOCKING_BUILD),
    step("CREATE INDEX i ON ONLY t (a)", ("t", S)),
    step("CREATE INDEX CONCURRENTLY i ON t (a)", ("t", SUE), work=Work.INDEX_BUILD),
    step("REINDEX INDEX CONCURRENTLY i", ("t", SUE), work=Work.INDEX_BUILD),
    step("DROP INDEX CONCURRENTLY i", ("t", SUE), work=Work.INDEX_DROP),
    step("DROP INDEX i", ("t", AX)),
    step("UPDATE t SET a = 1", ("t", RX), work=Work.ROWS),
    step("CREATE TABLE n (id int)"),
    step("ALTER SEQUENCE s AS bigint", ("s", SRX)),
    step("ALTER SEQUENCE s AS bigint"),  # a promise of table locks alone is enough
    step("CREATE COLLATION c (locale = 'C')"),
    step("", work=Work.OPAQUE),
]
INDEX = step("CREATE INDEX CONCURRENTLY i ON t (a)", ("t", SUE), work=Work.INDEX_BUILD)
COLUMN = step("ALTER TABLE t ADD a int", ("t", AX))
WRONG = {
    "no statement": (step("-- nothing"), "0 statements"),
    "the second of two statements": (step("ALTER TABLE t ADD a int; ALTER TABLE u ADD b int", ("t", AX)), 'on "u"'),
    "not SQL": (step("ALTER TABEL t ADD a int", ("t", AX)), "syntax error"),
    "a placeholder": (step("ALTER TABLE t ALTER a SET DEFAULT %s", ("t", AX)), "syntax error"),
    "opaque with SQL": (step("SELECT 1", work=Work.OPAQUE), "opaque"),
    "an unknown statement": (step("DO 'BEGIN END'"), "does not have this statement"),
    "an unknown subcommand": (step("ALTER TABLE t OF y, ADD a int", ("t", AX)), "does not have this statement"),
    "CONCURRENTLY in a transaction": (replace(INDEX, transactional=True), "transactional is True"),
    "no transaction": (replace(COLUMN, transactional=False), "transactional is False"),
    "batches in a transaction": (
        step("UPDATE t SET a = 1", ("t", RX), work=Work.ROWS, transactional=True),
        "transactional is True",
    ),
    "no promise": (step("ALTER TABLE t ADD a int"), 'takes ACCESS EXCLUSIVE on "t", and does not'),
    "another table": (step("ALTER TABLE t ADD a int", ("u", AX)), 'takes ACCESS EXCLUSIVE on "t", and does not'),
    "another schema": (step("ALTER TABLE a.t ADD a int", ("b.t", AX)), 'on "a"."t", and does not'),
    "another case": (step('ALTER TABLE "T" ADD a int', ("T", AX)), 'on "T", and does not'),
    "too weak": (step("ALTER TABLE t ADD a int", ("t", SRX)), "promises SHARE ROW EXCLUSIVE"),
    "too strong": (step("ALTER TABLE t VALIDATE CONSTRAINT k", ("t", AX), work=Work.SCAN), "promises ACCESS EXCL"),
    "plain index, lock of a concurrent one": (
        step("CREATE INDEX i ON t (a)", ("t", SUE), work=Work.BLOCKING_BUILD),
        "promises SHARE UPDATE EXCLUSIVE",
    ),
    "the referenced table": (step(FOREIGN_KEY, ("t", SRX)), 'on "r", and does not'),
    "the referenced table too weak": (step(FOREIGN_KEY, ("t", SRX), ("r", RS)), 'promises ROW SHARE on "r"'),
    "a table that an UPDATE reads": (
        step("UPDATE t SET a = (SELECT max(a) FROM u)", ("t", RX), work=Work.ROWS),
        'takes ACCESS SHARE on "u"',
    ),
    "inline reference": (step("ALTER TABLE t ADD a int REFERENCES r", ("t", AX)), 'on "r", and does not'),
    "the strongest of several": (
        step("ALTER TABLE t VALIDATE CONSTRAINT k, DROP a", ("t", SUE), work=Work.BLOCKING_SCAN),
        "takes ACCESS EXCLUSIVE",
    ),
    "one table twice": (step("ALTER TABLE t ADD a int", ("t", AX), ('"t"', SUE)), "promises SHARE UPDATE"),
    "the sequence": (step("ALTER SEQUENCE s AS bigint", ("s", AX)), "promises ACCESS EXCLUSIVE"),
    "no name": (step("ALTER TABLE t ADD a int", ("t", AX), ("t;u", AX)), "locks: "),
    "a name with spaces": (step("CREATE TABLE n (a int)", ("a b", AX)), "locks: "),
    "a build said to be catalog only": (step("CREATE INDEX i ON t (a)", ("t", S)), "work is CATALOG"),
    "a constraint's build": (step("ALTER TABLE t ADD UNIQUE (a)", ("t", AX)), "work is CATALOG"),
    "a scan said to be catalog only": (step("ALTER TABLE t ADD CHECK (a > 0)", ("t", AX)), "work is CATALOG"),
    "one of several": (step("ALTER TABLE t ADD a int, ADD UNIQUE (a)", ("t", AX)), "work is CATALOG"),
    "VALIDATE": (step("ALTER TABLE t VALIDATE CONSTRAINT k", ("t", SUE)), "has to be SCAN"),
    "no VALIDATE": (step("ALTER TABLE t ADD a int", ("t", AX), work=Work.SCAN), "work is SCAN"),
    "concurrent build": (replace(INDEX, work=Work.CATALOG), "has to be INDEX_BUILD"),
    "no concurrent build": (replace(COLUMN, work=Work.INDEX_BUILD, transactional=False), "work is INDEX_BUILD"),
    "concurrent drop": (
        step("DROP INDEX CONCURRENTLY i", ("t", SUE), work=Work.INDEX_BUILD),
        "has to be INDEX_DROP",
    ),
    "a drop said to be concurrent": (step("DROP INDEX i", ("t", AX), work=Work.INDEX_DROP), "work is INDEX_DROP"),
    "rows": (step("UPDATE t SET a = 1", ("t", RX)), "has to be ROWS"),
    "no rows": (replace(COLUMN, work=Work.ROWS, transactional=False), "work is ROWS"),
    "two statements that look": (replace(COLUMN, offenders="SELECT 1; SELECT 2"), "offenders is not a SELECT"),
    "no undo in it": (replace(COLUMN, undo=""), "undo: 0 statements"),
    "undo is not SQL": (replace(COLUMN, undo="DROP COLUMN a"), "undo: syntax error"),
    "offenders that change": (replace(COLUMN, offenders="DELETE FROM t"), "offenders is not a SELECT"),
}


@pytest.mark.parametrize("right", RIGHT, ids=lambda right: right.sql)
def test_right_steps_agree(right: Step) -> None:
    assert disagreements(right) == []


@pytest.mark.parametrize("what", WRONG)
def test_wrong_steps_do_not(what: str) -> None:
    wrong, sentence = WRONG[what]
    assert any(sentence in said for said in disagreements(wrong)), disagreements(wrong)
