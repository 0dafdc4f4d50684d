"""What a second column cannot take over: said before anything is done."""

from __future__ import annotations

from django_safemigrate.catalog.dependents import column_indexes, follows_the_number, hides_rows, row_triggers
from django_safemigrate.catalog.relations import foreign_keys_of, objects_on_column
from django_safemigrate.catalog.triggers import triggers_on_column
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.unsafe import Unsafe

from .naming import TRIGGER, trigger_of
from .pairs import Pair


def refuse_obstacles(pair: Pair, situation: Situation) -> None:
    """Raises ``Unsafe`` with all of them."""
    found = _obstacles(pair, situation)
    if found:
        raise Unsafe(
            f"Column {pair.column} of table {unquoted(pair.table)} cannot be replaced while it is in use.",
            "In the way: " + "; ".join(found) + ".",
            "Remove what is in the way in a migration before this one, and bring it back in one behind it (RunSQL). Or "
            "change the column in a maintenance window.",
            certain=False,
        )


def _obstacles(pair: Pair, situation: Situation) -> list[str]:
    connection, present, column = pair.connection, situation.present(pair.table), pair.column
    found = []
    if situation.is_partitioned(pair.table):
        found.append("its table is partitioned")
    back = {trigger.described for trigger in triggers_on_column(connection, present, column)}
    found += [described for described in objects_on_column(connection, present, column) if described not in back]
    found += follows_the_number(connection, present, column)
    for index in column_indexes(connection, present, column):
        if index.kind == "x":
            found.append(f"exclusion constraint {index.constraint}, which cannot be built beside writes")
        elif not index.valid:
            found.append(f"index {index.name}, which is invalid: drop it, or build it again")
    for key in foreign_keys_of(connection, present):
        ends = key.columns if key.outgoing else key.referenced_columns
        if column in ends and len(ends) > 1:
            found.append(f"foreign key {key.name} of {unquoted(key.table)}, which has several columns")
        elif column in ends and situation.is_partitioned(key.table):
            found.append(f"foreign key {key.name} of {unquoted(key.table)}, which is partitioned")
    others = [name for name in row_triggers(connection, present) if not name.startswith(TRIGGER)]
    later = [name for name in others if name > trigger_of(pair.named_after)]
    found += [f"trigger {name}, whose name sorts behind that of ours: it would change values unseen" for name in later]
    if hides_rows(connection, present):
        found.append("row-level security, which hides rows from this role: use one with BYPASSRLS")
    return found
