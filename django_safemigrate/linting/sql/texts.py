"""The SQL of ``RunSQL``, as Django sends it: which texts, with their parameters put in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.migrations.operations import RunSQL

# psycopg's placeholders: %s, %b, %t, with a name in parentheses or without, and %% for one percent sign.
_PLACEHOLDER = re.compile(r"%(?:\((?P<name>[^)]*)\))?(?P<kind>.)?", re.DOTALL)
_KINDS = frozenset("sbt")


class Misfit(ValueError):
    """Placeholders and parameters do not fit together; the message says how."""


@dataclass(frozen=True)
class Text:
    """One text that is sent to the server. ``misfit``: why it cannot be; then ``sql`` is as its author wrote it.

    ``unseen``: why nobody can tell from here what is sent; then ``sql`` is empty.
    """

    sql: str
    misfit: str = ""
    unseen: str = ""


def unseen(why: str) -> Text:
    """What is sent, and cannot be told from here."""
    return Text("", unseen=why)


def texts_of(operation: RunSQL, *, reverse: bool = False) -> Iterator[Text]:
    """What Django sends for the operation, a text each. PostgreSQL gets a string whole, as many statements as it has."""
    given = operation.reverse_sql if reverse else operation.sql
    if isinstance(given, list | tuple):
        for item in given:
            yield _text(item)
    elif given and given != RunSQL.noop:
        yield _text(given)


def _text(item: Any) -> Text:
    sql, params = item, None
    if isinstance(item, list | tuple):
        if len(item) != 2:
            return Text(str(item), f"Django expects a pair of SQL and parameters, and gets {len(item)} items")
        sql, params = item
    try:
        return Text(composed(str(sql), params))
    except Misfit as misfit:
        return Text(str(sql), str(misfit))


def composed(sql: str, params: Any) -> str:
    """SQL with its parameters as literals. Without any (None) nothing is a placeholder. Raises ``Misfit``."""
    if params is None:
        return sql
    values = params if isinstance(params, Mapping) else iter(params)
    made = _PLACEHOLDER.sub(lambda match: _value(match, values), sql)
    left = 0 if isinstance(values, Mapping) else sum(1 for _ in values)
    if left:
        raise Misfit(f"{left} of {len(params)} parameters have no placeholder")
    return made


def _value(match: re.Match[str], values: Any) -> str:
    name, kind = match["name"], match["kind"]
    if kind == "%" and name is None:
        return "%"
    if kind not in _KINDS:
        raise Misfit(f"{match[0]!r} is no placeholder; a percent sign is written %% where there are parameters")
    if isinstance(values, Mapping) != (name is not None):
        raise Misfit(
            f"{match[0]!r} does not go with parameters in a {'dict' if isinstance(values, Mapping) else 'list'}"
        )
    try:
        return literal(values[name] if name is not None else next(values))
    except KeyError:
        raise Misfit(f"there is no parameter {name!r}") from None
    except StopIteration:
        raise Misfit("there are more placeholders than parameters") from None


def literal(value: Any) -> str:
    """A parameter as SQL that parses as it would on the server."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return f"ARRAY[{', '.join(literal(item) for item in value)}]"
    return "'" + str(value).replace("'", "''") + "'"
