"""What is wrong with a text as a whole: it is not known, does not parse, it lacks parameters, its names are too long."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.compile.names import LONGEST
from django_safemigrate.grammar.parse import identifiers
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.seen import Seen


def unseen(reason: str) -> Seen:
    """It is not known."""
    return Seen(
        codes.NOT_LOOKED_AT,
        f"{reason}: what it sends has not been looked at.",
        why="Which locks that takes, and what the running release would see of it, is not known from here.",
        instead="manage.py safemigrate --rehearse --sql runs it on a scratch database, and shows every statement.",
    )


def misfit(sql: str, reason: str) -> Seen:
    """Its parameters do not fit."""
    return Seen(
        codes.PLACEHOLDERS,
        f"Parameters do not fit into {_beginning(sql)!r}: {reason}.",
        why="The statement fails before it reaches the server.",
        instead="Write %s (or %(name)s) for each parameter, and %% for a percent sign.",
    )


def syntax(sql: str, reason: str) -> Seen:
    """It does not parse."""
    if any(line.lstrip().startswith("\\") for line in sql.splitlines()):
        return Seen(
            codes.SYNTAX,
            f"A command of psql stands in the SQL: {_beginning(sql)!r}.",
            why="The server does not know what begins with a backslash: psql does it by itself.",
            instead="Write it as SQL.",
        )
    if "%s" in sql or "%(" in sql:
        return Seen(
            codes.PLACEHOLDERS,
            f"A placeholder stands in SQL without parameters: {_beginning(sql)!r}.",
            why=f"It goes to the server as it is ({reason}).",
            instead='Give the parameters: RunSQL([("... %s ...", [value])])',
        )
    return Seen(
        codes.SYNTAX,
        f"It does not parse: {_beginning(sql)!r}.",
        why=f"PostgreSQL's own grammar says: {reason}.",
        instead="Correct the statement.",
    )


def long_names(sql: str) -> Iterator[Seen]:
    """Names that the server cuts, which trees have cut already."""
    if len(sql) <= LONGEST:
        return
    for name in dict.fromkeys(identifiers(sql)):
        size = len(name.encode())
        if size > LONGEST:
            kept = name.encode()[:LONGEST].decode(errors="ignore")
            yield Seen(
                codes.LONG_NAME,
                f"The name {name} has {size} bytes.",
                why=f"The server keeps {LONGEST} and calls it {kept}: whoever asks the catalog for all of it finds nothing.",
                instead="A shorter name.",
            )


def _beginning(sql: str) -> str:
    line = " ".join(sql.split())
    return line if len(line) <= 60 else line[:57] + "..."
