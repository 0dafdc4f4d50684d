"""The options of ``manage.py safemigrate --rehearse``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandParser
from django.utils.module_loading import import_string

from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.phases import Phase
from django_safemigrate.values.settings import duration_option

# How long the tables are busy as each phase begins, in seconds, unless --busy says otherwise.
BUSY = 1.5

_OWN = ("rehearse_on", "since", "stock", "sql", "rows", "forwards_only", "busy", "factories", "rewrites")
_OTHERS = ("abort", "status", "split", "plan", "check_unapplied", "prune", "fake", "fake_initial", "run_syncdb")


@dataclass(frozen=True)
class Asked:
    """What a rehearsal is to be like. ``where``: see ``scratch_on``; ``since``: see ``released_since``, empty: applied;
    ``factories`` and ``rewrites``: as of ``zero_downtime.check``. ``busy``: seconds."""

    where: str | None
    since: str
    by_stock: bool
    sql: bool
    rows: int
    backwards: bool
    busy: float
    factories: Mapping[str, Any]
    rewrites: tuple[str, ...]


def add_arguments(parser: CommandParser) -> None:
    """The options, in a group of their own."""
    add = parser.add_argument_group("rehearsal").add_argument
    add(
        "--rehearse",
        action="store_true",
        help="Try both phases on a scratch database with both versions of the models at work; touch nothing else.",
    )
    add("--rehearse-on", metavar="WHERE", help="Where: 'embedded', or a postgresql:// URL (default: the same server).")
    add("--since", metavar="RELEASE", help="What is deployed: APP.NAME or a git revision (default: what is applied).")
    add("--stock", action="store_true", help="Rehearse what Django's migrate would do: everything before the deploy.")
    add("--sql", action="store_true", help="Show every statement of a rehearsal, with how long it took.")
    add("--rows", metavar="N", type=int, default=0, help="Rehearse with so many rows in each table (default: a few).")
    add("--forwards-only", action="store_true", help="Do not undo the phases at the end of a rehearsal.")
    add(
        "--busy",
        metavar="DURATION",
        help="How long somebody reads, and somebody writes to, all tables as each phase begins (default 1.5s; 0: not).",
    )
    add(
        "--factories",
        metavar="NAME",
        help="Where a mapping from APP.MODEL to functions that make rows is imported from.",
    )
    add(
        "--rewrites",
        metavar="LABEL",
        action="append",
        default=[],
        help="A field (APP.MODEL.FIELD) or model whose data the migrations are meant to change; may be repeated.",
    )


def rehearsal_asked_for(options: Mapping[str, Any]) -> Asked | None:
    """What the options of the command say; None where they ask for no rehearsal. Raises ``UsageError``."""
    if not options["rehearse"]:
        for name in _OWN:
            if options[name]:
                raise _only(name, "is for rehearsals only", f"manage.py safemigrate --rehearse --{_dashed(name)}")
        return None
    for name in _OTHERS:
        if options[name]:
            raise _only(name, "cannot be had with --rehearse", "manage.py safemigrate --rehearse")
    if options["phase"] is Phase.AFTER_DEPLOY:
        raise _only("after_deploy", "cannot be had with --rehearse", "manage.py safemigrate --rehearse")
    if options["rows"] < 0:
        raise UsageError(f"--rows is {options['rows']}.", "It is how many rows each table has.", "Write --rows 100000.")
    busy = options["busy"]
    return Asked(
        where=options["rehearse_on"],
        since=options["since"] or "",
        by_stock=options["stock"],
        sql=options["sql"],
        rows=options["rows"],
        backwards=not options["forwards_only"],
        busy=0.0 if busy == "0" else duration_option("--busy", busy) or BUSY,
        factories=_factories(options["factories"]),
        rewrites=tuple(options["rewrites"]),
    )


def _only(name: str, what: str, command: str) -> UsageError:
    option = {"check_unapplied": "check"}.get(name, name)
    return UsageError(
        f"--{_dashed(option)} {what}.",
        "A rehearsal runs both phases on a scratch database, and undoes them.",
        f"Run: {command}",
    )


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _factories(name: str | None) -> Mapping[str, Any]:
    if not name:
        return {}
    try:
        return dict(import_string(name))
    except (ImportError, TypeError, ValueError) as error:
        raise UsageError(
            f"--factories {name} is no mapping that can be imported: {error}",
            "It is the dotted name of one: {'shop.Order': lambda number: {'country': 'de'}}.",
            "Correct the name.",
        ) from error
