"""The two columns exchange their names, in one short transaction.

The trigger's function is replaced in it: open sessions have its plan for the old types, and would fail with "type of
parameter does not match that when preparing the plan" (measured: every writer). What is replaced is planned again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django_safemigrate.catalog.dependents import ColumnIndex, not_null_name
from django_safemigrate.catalog.naming import automatic_name
from django_safemigrate.catalog.triggers import Trigger, triggers_on_column
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.statements import AX, step
from django_safemigrate.values.steps import Step

from .computing import computes, made_again
from .copies import Copies
from .guards import all_fit, drop_guard
from .naming import TRIGGER
from .numbering import Numbering, move_numbering
from .pairs import Pair
from .triggers import always_fits, backward_function, forward_function


@dataclass
class Exchange:
    """Statements, and those that take them back, last one first."""

    forwards: list[str] = field(default_factory=list)
    backwards: list[str] = field(default_factory=list)

    def add(self, statement: str, back: str = "") -> None:
        self.forwards.append(statement)
        if back:
            self.backwards.insert(0, back)

    def rename(self, what: str, old: str, new: str) -> None:
        """``what`` with ``{}`` for the two names."""
        self.add(what.format(old, new), what.format(new, old))


def swap(copies: Copies, situation: Situation) -> Step:
    """A step that puts the second columns of a table in the place of the first ones. ACCESS EXCLUSIVE, catalog only.

    It cannot be taken back by itself where one of them is the primary key: foreign keys rest on its new index. Elsewhere it
    can, when a check has proved that the old columns have all values.
    """
    exchange, numbered = _exchanged(copies, situation)
    names = ", ".join(pair.column for pair in copies.pairs)
    sequences = {lock.relation: lock for numbering in numbered for lock in numbering.locks}
    why_not = _no_undo(copies, moves_numbers=bool(sequences))
    guarded = [pair for pair in copies.pairs if pair.not_null or not always_fits(pair)]
    return step(
        f"Put the new {names} of {unquoted(copies.table)} in the place of the old",
        ";\n".join(exchange.forwards),
        (*situation.locks(copies.table, AX), *sequences.values()),
        undo=None if why_not else ";\n".join([*exchange.backwards, *map(drop_guard, guarded)]),
        undo_first=() if why_not else tuple(_before_the_way_back(copies, guarded, situation)),
        no_undo=why_not,
    )


def _before_the_way_back(copies: Copies, guarded: Sequence[Pair], situation: Situation) -> Iterator[Step]:
    for pair in guarded:
        yield from all_fit(pair, situation)
    yield from made_again(copies, {}, situation)


def _no_undo(copies: Copies, *, moves_numbers: bool) -> str:
    if copies.primary_key is not None:
        return f"the foreign keys to {unquoted(copies.table)} rest on its new primary key."
    return "what numbers the rows belongs to the new column." if moves_numbers else ""


def exchange_back(copies: Copies, situation: Situation) -> list[str]:
    """The statements that take a swap back, of columns that are no key. The old ones are NOT NULL again already."""
    return _exchanged(copies, situation, proved=True)[0].backwards


def _exchanged(copies: Copies, situation: Situation, *, proved: bool = False) -> tuple[Exchange, list[Numbering]]:
    exchange = Exchange()
    triggers = _triggers(copies, situation)
    for trigger in triggers:
        exchange.add(trigger.drop, ";\n".join(trigger.create))
    key = copies.primary_key
    if key is not None:
        exchange.add(f"ALTER TABLE {copies.table} DROP CONSTRAINT {_quote(copies, key.constraint)}")
    numbered = [move_numbering(pair, situation) for pair in copies.pairs]
    for numbering in numbered:
        exchange.forwards += numbering.before
    for pair in copies.pairs:
        _exchange_column(exchange, pair, situation, proved=proved)
    for index in copies.indexes:
        _exchange_index(exchange, copies, index)
    for check in copies.checks:
        alter, old = f"ALTER TABLE {copies.table}", copies.pairs[0].replaced(check.name)
        exchange.add(
            f"{alter} DROP CONSTRAINT {_quote(copies, check.name)}",
            f"{alter} RENAME CONSTRAINT {_quote(copies, old)} TO {_quote(copies, check.name)}",
        )
        _rename_constraint(exchange, copies, copies.pairs[0].beside(check.name), check.name)
    for numbering in numbered:
        exchange.forwards += numbering.after
    for trigger in triggers:
        exchange.add(";\n".join(trigger.create), trigger.drop)
    return exchange, numbered


def _exchange_column(exchange: Exchange, pair: Pair, situation: Situation, *, proved: bool) -> None:
    alter, quote = f"ALTER TABLE {pair.table}", pair.quoted
    column, new, old = quote(pair.column), quote(pair.second), quote(pair.old)
    if pair.default is not None:
        exchange.add(
            f"{alter} ALTER COLUMN {column} DROP DEFAULT", f"{alter} ALTER COLUMN {column} SET DEFAULT {pair.default}"
        )
    name = not_null_name(pair.connection, situation.present(pair.table), pair.column) if pair.not_null else ""
    if pair.not_null:
        # What does not fit into the old column is NULL there.
        exchange.add(
            f"{alter} ALTER COLUMN {column} DROP NOT NULL", _not_null_back(pair, name, situation, proved=proved)
        )
    exchange.rename(f"{alter} RENAME COLUMN {{}} TO {{}}", column, old)
    exchange.rename(f"{alter} RENAME COLUMN {{}} TO {{}}", new, column)
    if name:
        made = quote(automatic_name(pair.connection, situation.present(pair.table), pair.second, "not_null"))
        exchange.rename(f"{alter} RENAME CONSTRAINT {{}} TO {{}}", made, quote(name))
    if pair.default is not None:
        exchange.add(
            f"{alter} ALTER COLUMN {column} SET DEFAULT {pair.default}", f"{alter} ALTER COLUMN {column} DROP DEFAULT"
        )
    exchange.add(backward_function(pair), forward_function(pair))


def _not_null_back(pair: Pair, name: str, situation: Situation, *, proved: bool) -> str:
    """The old column's NOT NULL, under its name where it has one (since 18): there already, under another, where it is
    ``proved``; or proved by a check, without a look at the rows."""
    alter, column = f"ALTER TABLE {pair.table}", pair.quoted(pair.column)
    if not proved:
        return (
            f"{alter} ADD CONSTRAINT {pair.quoted(name)} NOT NULL {column}"
            if name
            else f"{alter} ALTER COLUMN {column} SET NOT NULL"
        )
    if not name:
        return ""
    made = automatic_name(pair.connection, situation.present(pair.table), pair.old, "not_null")
    return f"{alter} RENAME CONSTRAINT {pair.quoted(made)} TO {pair.quoted(name)}"


def _exchange_index(exchange: Exchange, copies: Copies, index: ColumnIndex) -> None:
    alter, new = f"ALTER TABLE {copies.table}", _quote(copies, copies.pairs[0].beside(index.name))
    if index.kind == "p":
        exchange.add(f"{alter} ADD CONSTRAINT {_quote(copies, index.constraint)} PRIMARY KEY USING INDEX {new}")
    elif index.kind == "u":
        name = _quote(copies, index.constraint)
        _rename_constraint(exchange, copies, index.constraint, copies.pairs[0].replaced(index.constraint))
        exchange.add(
            f"{alter} ADD CONSTRAINT {name} UNIQUE USING INDEX {new}{index.deferrable}",
            f"{alter} DROP CONSTRAINT {name}",
        )
    else:
        _exchange_plain_index(exchange, copies, index)
    exchange.forwards += _extras(copies, index)


def _exchange_plain_index(exchange: Exchange, copies: Copies, index: ColumnIndex) -> None:
    pair, in_schema = copies.pairs[0], copies.pairs[0].in_schema
    what, old, new = "ALTER INDEX {} RENAME TO {}", pair.replaced(index.name), pair.beside(index.name)
    back = what.format(in_schema(old), _quote(copies, index.name))
    if computes(index):
        exchange.add(f"DROP INDEX {in_schema(index.name)}", ";\n".join([back, *_extras(copies, index)]))
    else:
        exchange.add(what.format(in_schema(index.name), _quote(copies, old)), back)
    exchange.add(
        what.format(in_schema(new), _quote(copies, index.name)), what.format(in_schema(index.name), _quote(copies, new))
    )


def _extras(copies: Copies, index: ColumnIndex) -> list[str]:
    """What an index has to be given again that was built anew."""
    alter, name = f"ALTER TABLE {copies.table}", _quote(copies, index.name)
    found = [f"{alter} CLUSTER ON {name}"] if index.clustered else []
    if index.replica_identity:
        found.append(f"{alter} REPLICA IDENTITY USING INDEX {name}")
    if index.comment is not None:
        compose = copies.pairs[0].connection.ops.compose_sql  # type: ignore[attr-defined]
        found.append(compose(f"COMMENT ON INDEX {copies.pairs[0].in_schema(index.name)} IS %s", [index.comment]))
    return found


def _rename_constraint(exchange: Exchange, copies: Copies, old: str, new: str) -> None:
    exchange.rename(
        f"ALTER TABLE {copies.table} RENAME CONSTRAINT {{}} TO {{}}", _quote(copies, old), _quote(copies, new)
    )


def _triggers(copies: Copies, situation: Situation) -> list[Trigger]:
    """Triggers that name a column follow its number: they go and come back, and then name the new one."""
    found = {
        trigger.name: trigger
        for pair in copies.pairs
        for trigger in triggers_on_column(situation.connection, situation.present(copies.table), pair.column)
        if not trigger.name.startswith(TRIGGER)
    }
    return list(found.values())


def _quote(copies: Copies, name: str) -> str:
    return copies.pairs[0].quoted(name)
