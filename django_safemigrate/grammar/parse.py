"""SQL to trees, by PostgreSQL's own parser (libpg_query, in the wheel ``postgast``).

The only module that knows the library: to all others, a tree is made of dicts, lists, strings, numbers and truth values.
What is false, zero or empty is left out of it.
"""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]


class DoesNotParse(ValueError):
    """PostgreSQL would say that this text is not SQL."""

    def __init__(self, sql: str, reason: str) -> None:
        super().__init__(f"{reason}: {sql[:200]!r}")


def parse(sql: str) -> list[Tree]:
    """The statements of a text, each as ``{kind of node: its fields}``; none for blanks and comments.

    Raises ``DoesNotParse``, and ``RuntimeError`` with the command to type where the library is not installed.
    """
    try:
        from google.protobuf.json_format import MessageToDict
        from google.protobuf.message import DecodeError
        from postgast import PgQueryError
        from postgast import parse as parse_with_library
    except ImportError as error:
        raise RuntimeError(
            "PostgreSQL's parser is not installed, and without it no SQL text can be classified. "
            "Run: pip install 'django-safemigrate-pg[sql]'"
        ) from error
    if "\0" in sql:
        raise DoesNotParse(sql, "a NUL character")  # which would end the text in C
    try:
        parsed = parse_with_library(sql)
    except PgQueryError as error:
        raise DoesNotParse(sql, error.message) from error
    except UnicodeError as error:
        raise DoesNotParse(sql, str(error)) from error
    except DecodeError as error:
        raise DoesNotParse(sql, "nested too deeply") from error
    tree = MessageToDict(parsed, preserving_proto_field_name=True)
    return [statement["stmt"] for statement in tree.get("stmts", ())]


# The number of an identifier's token in PostgreSQL's grammar (IDENT, as libpg_query's scanner gives it).
_IDENTIFIER = 258


def identifiers(sql: str) -> list[str]:
    """The names in a text that parses, without their quotes, and whole: in trees they are cut to what the server keeps."""
    from postgast import scan

    text = sql.encode()
    words = [text[token.start : token.end].decode() for token in scan(sql).tokens if token.token == _IDENTIFIER]
    return [word[1:-1].replace('""', '"') if word.startswith('"') else word for word in words]


def node(tree: Tree) -> tuple[str, Tree]:
    """The kind of a node, and its fields."""
    ((kind, fields),) = tree.items()
    return kind, fields
