"""What the grammar says of a text; its lock table is held to a server elsewhere."""

from __future__ import annotations

import builtins
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_safemigrate.grammar.classify import classify, statements
from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.names import Relation, relation
from django_safemigrate.grammar.parse import DoesNotParse, parse
from django_safemigrate.grammar.statements import Change
from django_safemigrate.values.locks import LockMode
from tests.grammar.cases import CASES


def test_a_text_is_a_list_of_statements() -> None:
    found = statements("ALTER TABLE t ADD a int; -- and\n CREATE INDEX CONCURRENTLY i ON t (a);; UPDATE t SET a = ';'")
    assert [each.kinds for each in found] == [(Kind.ADD_COLUMN,), (Kind.CREATE_INDEX,), (Kind.UPDATE,)]
    assert [each.concurrently for each in found] == [False, True, False]
    assert statements(" -- nothing") == []


@pytest.mark.parametrize(
    "sql", ["", "SELECT 1; SELECT 2", "SELEC 1", "SELECT 1\0", "\ud800", "SELECT " + "1+" * 9999 + "1"]
)
def test_what_is_not_one_statement_is_a_clear_error(sql: str) -> None:
    with pytest.raises(DoesNotParse):
        classify(sql)


def test_subcommands_are_listed_in_order_with_what_matters_of_them() -> None:
    statement = classify(
        'ALTER TABLE ONLY "other"."T" ADD COLUMN a int NOT NULL REFERENCES r, ADD CONSTRAINT k CHECK (b > 0) NOT VALID, '
        "ADD CONSTRAINT u UNIQUE USING INDEX i, ALTER b DROP DEFAULT, DROP CONSTRAINT x"
    )
    inline = (Change(Kind.ADD_NOT_NULL), Change(Kind.ADD_FOREIGN_KEY))
    assert statement.changes == (
        Change(Kind.ADD_COLUMN, "a", inline=inline),
        Change(Kind.ADD_CHECK, "k", not_valid=True),
        Change(Kind.ADD_UNIQUE, "u", using_index=True),
        Change(Kind.DROP_DEFAULT, "b"),
        Change(Kind.DROP_CONSTRAINT, "x"),
    )
    assert statement.only
    assert statement.locks == {
        Relation("T", "other"): LockMode.ACCESS_EXCLUSIVE,
        Relation("r"): LockMode.SHARE_ROW_EXCLUSIVE,
    }


UNKNOWN = """
ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b; ALTER TABLE t OF y; ALTER VIEW v RENAME TO w; ALTER VIEW v SET SCHEMA x;
ALTER TYPE y ADD ATTRIBUTE a int; CREATE AGGREGATE a (int) (sfunc = f, stype = int); CREATE MATERIALIZED VIEW m AS SELECT 1;
COMMENT ON SCHEMA x IS ''; DO ''; DROP SCHEMA x; GRANT a TO b; REINDEX SCHEMA x; VACUUM t; ANALYZE; BEGIN; CALL f();
GRANT SELECT ON ALL TABLES IN SCHEMA x TO a; COMMENT ON COLUMN a IS ''; CREATE STATISTICS n ON a, b FROM f()
"""


def test_what_is_not_in_the_table_says_so() -> None:
    for sql in UNKNOWN.split(";"):
        assert not classify(sql).known, sql


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("t", Relation("t")),
        ("T", Relation("t")),
        ('"T"', Relation("T")),
        ('"a"."b"', Relation("b", "a")),
        ('a."b ""c"', Relation('b "c', "a")),
        ('db.a."é"', Relation("é", "a")),
    ],
)
def test_names(text: str, expected: Relation) -> None:
    assert relation(text) == expected
    assert relation(str(expected)) == expected


@pytest.mark.parametrize("text", ["", "a b", "a, b", "a; DROP TABLE b", '"a', "a IN SHARE MODE --", "a NOWAIT"])
def test_what_is_not_a_name(text: str) -> None:
    with pytest.raises(DoesNotParse):
        relation(text)


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=15)


@given(name=NAMES, schema=st.one_of(st.just(""), NAMES))
def test_quoted_names_come_back(name: str, schema: str) -> None:
    named = Relation(name, schema)
    assert relation(str(named)) == named
    assert dict(classify(f"ALTER TABLE {named} ADD a int").locks) == {named: LockMode.ACCESS_EXCLUSIVE}


WORDS = """
ALTER TABLE ONLY t u other.t ADD DROP COLUMN a int CONSTRAINT CHECK FOREIGN KEY REFERENCES UNIQUE USING INDEX NOT VALID NULL
SET DEFAULT 1 'x' ( ) , ; . CREATE CONCURRENTLY ON UPDATE SELECT FROM WHERE = WITH AS IF EXISTS COMMENT IS RENAME TO SEQUENCE
s OWNED BY VIEW v FOR OF INSERT INTO VALUES DELETE PARTITION ATTACH TYPE EXTENSION ANALYZE LOCK "A" $1
"""
KNOWN = [sql.split() for sql in CASES]


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """A statement that we know, a few of its words replaced."""
    words = list(draw(st.sampled_from(KNOWN)))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(words) - 1))
        words[place : place + draw(st.integers(0, 2))] = draw(
            st.sampled_from([[], *([word] for word in WORDS.split())])
        )
        words = words or ["x"]
    return " ".join(words)


TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join), spoiled())


@given(TEXTS)
def test_any_text_is_classified_or_is_a_clear_error(sql: str) -> None:
    try:
        found = statements(sql)
    except DoesNotParse:
        return
    assert all(statement.changes for statement in found)


def test_without_the_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("postgast"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(RuntimeError, match=r"pip install 'django-safemigrate-pg\[sql\]'"):
        parse("SELECT 1")


def test_trees_are_those_of_protobufs_own_conversion() -> None:
    json_format = pytest.importorskip("google.protobuf.json_format")
    postgast = pytest.importorskip("postgast")
    texts = [*CASES, UNKNOWN, "SELECT 1.5, -1, 'a', NULL, true, X'1F', 9999999999, ''; SELECT 0"]
    for sql in texts:
        whole = json_format.MessageToDict(postgast.parse(sql), preserving_proto_field_name=True)
        assert parse(sql) == [one["stmt"] for one in whole["stmts"]]
