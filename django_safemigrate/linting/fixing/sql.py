"""RunSQL whose text can be corrected in place. What comes out is put to PostgreSQL's grammar before it counts."""

from __future__ import annotations

import ast
import re
from typing import Any

import libcst as cst

from django_safemigrate.grammar.parse import DoesNotParse, Tree, parse
from django_safemigrate.linting.statements.codes import (
    CHECK,
    DROP_INDEX,
    FOREIGN_KEY,
    IN_TRANSACTION,
    INDEX,
    REINDEX,
)
from django_safemigrate.values.findings import MigratesWith

from .file import MigrationFile, argument, called
from .fixers import Found, fixer
from .indexes import may_stand_alone, not_atomic

_PLAIN = re.compile(
    r"\b(?:CREATE(?:\s+UNIQUE)?\s+INDEX|DROP\s+INDEX|REINDEX\s+(?:INDEX|TABLE|SCHEMA))\b(?!\s+CONCURRENTLY)",
    re.IGNORECASE,
)
_END = re.compile(r"\s*;?\s*$")
# Where a node is in the text, and what is to change.
_POSITIONS = {"location", "stmt_location", "stmt_len", "idx", "rexpr_list_start", "rexpr_list_end"}


@fixer(INDEX, DROP_INDEX, REINDEX)
def concurrently(file: MigrationFile, found: Found) -> MigrationFile | None:
    """``CREATE INDEX``, ``DROP INDEX`` and ``REINDEX`` get their CONCURRENTLY, and the migration ``atomic = False``.

    Only where it is all that the migration does. The way back gets it, too, where it is such a statement.
    """
    call = _run_sql(file, found)
    if call is None or not may_stand_alone(found.migration):
        return None
    changed = _with_text(call, 0, "sql", _concurrent)
    if changed is None:
        return None
    changed = _with_text(changed, 1, "reverse_sql", _concurrent) or changed
    return not_atomic(file.with_operation(call, changed))


@fixer(IN_TRANSACTION)
def outside_a_transaction(file: MigrationFile, found: Found) -> MigrationFile | None:
    """``atomic = False`` for one statement that the server refuses inside a transaction."""
    call = _run_sql(file, found)
    text = _text(argument(call, 0, "sql")) if call is not None else None
    if text is None or len(_parsed(text)) != 1 or not may_stand_alone(found.migration):
        return None
    return not_atomic(file) if found.migration.atomic else None


@fixer(CHECK, FOREIGN_KEY)
def not_valid(file: MigrationFile, found: Found) -> MigrationFile | None:
    """A constraint is added NOT VALID, and proved by a second RunSQL, which lets others read and write.

    The two need transactions of their own: ``safemigrate`` gives each operation one, and ``migrate`` each statement where
    the migration is not atomic.
    """
    call = _run_sql(file, found)
    plain = found.migrates_with is MigratesWith.MIGRATE
    if call is None or (plain and not may_stand_alone(found.migration)):
        return None
    text = _text(argument(call, 0, "sql"))
    validate = _validation(text) if text is not None else None
    changed = _with_text(call, 0, "sql", _not_valid)
    if changed is None or validate is None:
        return None
    literal = cst.SimpleString('"' + validate.replace("\\", "\\\\").replace('"', '\\"') + '"')
    arguments = [cst.Arg(literal)]
    if argument(call, 1, "reverse_sql") is not None:
        arguments.append(cst.Arg(cst.Attribute(call.func, cst.Name("noop"))))
    proof = cst.Call(call.func, arguments)
    file = file.with_operation(call, changed, proof)
    return not_atomic(file) if plain else file


def _run_sql(file: MigrationFile, found: Found) -> cst.Call | None:
    call = file.operation(found.finding.operation)
    return call if call is not None and called(call) == "RunSQL" else None


def _text(arg: cst.Arg | None) -> str | None:
    """The text of a string that is written as one; None for anything else."""
    if arg is None or not isinstance(arg.value, cst.SimpleString):
        return None
    text = ast.literal_eval(arg.value.value)
    return text if isinstance(text, str) else None


def _with_text(call: cst.Call, place: int, name: str, change: Any) -> cst.Call | None:
    """The call with its SQL changed as it is written; None where that would change what it says besides."""
    arg = argument(call, place, name)
    text = _text(arg)
    if arg is None or text is None:
        return None
    string = arg.value
    assert isinstance(string, cst.SimpleString)
    raw = change(string.raw_value)
    if raw is None:
        return None
    new = string.with_changes(value=f"{string.prefix}{string.quote}{raw}{string.quote}")
    if not _says_the_same(text, ast.literal_eval(new.value)):
        return None
    arguments = [one.with_changes(value=new) if one is arg else one for one in call.args]
    return call.with_changes(args=arguments)


def _concurrent(raw: str) -> str | None:
    found = _PLAIN.findall(raw)
    word = " concurrently" if found and found[0].islower() else " CONCURRENTLY"
    return _PLAIN.sub(lambda match: match[0] + word, raw) if len(found) == 1 else None


def _not_valid(raw: str) -> str | None:
    return _END.sub(lambda match: f" NOT VALID{match[0]}", raw, count=1)


def _validation(text: str) -> str | None:
    """``VALIDATE CONSTRAINT`` for the one constraint that a text adds; it has to have a name."""
    trees = _parsed(text)
    fields: Tree = trees[0].get("alter_table_stmt", {}) if len(trees) == 1 else {}
    commands = fields.get("cmds", [])
    if len(commands) != 1:
        return None
    constraint = commands[0]["alter_table_cmd"].get("def", {}).get("constraint", {})
    if not constraint.get("conname"):
        return None
    relation = fields["relation"]
    names = [relation[key] for key in ("schemaname", "relname") if key in relation]
    return f"ALTER TABLE {'.'.join(map(_quoted, names))} VALIDATE CONSTRAINT {_quoted(constraint['conname'])}"


def _quoted(name: str) -> str:
    """A name, in quotes where it needs them."""
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and _parsed(f"ALTER TABLE {name} VALIDATE CONSTRAINT {name}"):
        return name
    return '"' + name.replace('"', '""') + '"'


def _parsed(text: str) -> list[Tree]:
    try:
        return parse(text)
    except DoesNotParse:
        return []


def _says_the_same(before: str, after: str) -> bool:
    """Whether two texts are one statement each, and differ in CONCURRENTLY or NOT VALID alone."""
    old, new = _parsed(before), _parsed(after)
    return len(old) == len(new) == 1 and old != new and _bare(old[0]) == _bare(new[0])


def _bare(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _bare(value) for key, value in tree.items() if key not in _LEFT_OUT}
    if isinstance(tree, list):
        return [_bare(item) for item in tree if not _is_option(item)]
    return tree


_LEFT_OUT = {*_POSITIONS, "concurrent", "skip_validation", "initially_valid", "params"}


def _is_option(item: Any) -> bool:
    return isinstance(item, dict) and item.get("def_elem", {}).get("defname") == "concurrently"
