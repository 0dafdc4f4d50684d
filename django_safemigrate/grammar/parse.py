"""SQL to trees, by PostgreSQL's own parser (libpg_query, in the wheel ``postgast``).

The only module that knows the library: to all others, a tree is made of dicts, lists, strings, numbers and truth values.
What is false, zero or empty is left out of it.
"""

from __future__ import annotations

from collections.abc import Callable, MutableSequence
from typing import Any

Tree = dict[str, Any]

# By the field of a message in the library: its name in the tree, and what makes its value there.
_FIELDS: dict[Any, tuple[str, Callable[[Any], Any]]] = {}


class DoesNotParse(ValueError):
    """PostgreSQL would say that this text is not SQL."""

    def __init__(self, sql: str, reason: str) -> None:
        super().__init__(f"{reason}: {sql[:200]!r}")


def parse(sql: str) -> list[Tree]:
    """The statements of a text, each as ``{kind of node: its fields}``; none for blanks and comments.

    Raises ``DoesNotParse``, and ``RuntimeError`` with the command to type where the library is not installed.
    """
    try:
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
    return [_tree(statement.stmt) for statement in parsed.stmts]


def _tree(message: Any) -> Tree:
    """What protobuf's own ``MessageToDict`` makes of a message, in half the time."""
    made: Tree = {}
    for field, value in message.ListFields():
        try:
            name, convert = _FIELDS[field]
        except KeyError:
            name, convert = _FIELDS[field] = field.name, _converter(field, value)
        made[name] = convert(value)
    return made


def _converter(field: Any, value: Any) -> Callable[[Any], Any]:
    one: Callable[[Any], Any] = _same
    if field.type == field.TYPE_MESSAGE:
        one = _tree
    elif field.type == field.TYPE_ENUM:
        names = {known.number: known.name for known in field.enum_type.values}
        one = names.__getitem__
    return (lambda values: [one(item) for item in values]) if isinstance(value, MutableSequence) else one


def _same(value: Any) -> Any:
    return value


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
