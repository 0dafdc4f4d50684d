"""Statements of one operation that Django need not have written: what is dropped and made again as it was.

Django drops the foreign key of a field whenever it alters the field, and makes it again at the end. The second half would
read the whole table; where both are the same, neither is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django_safemigrate.catalog.relations import ForeignKey, foreign_key

from .names import shortened, unquoted
from .situation import Situation
from .written import Written

# pg_constraint.confdeltype of what Django puts behind REFERENCES.
_ON_DELETE = {"": "a", " ON DELETE CASCADE": "c", " ON DELETE SET NULL": "n", " ON DELETE SET DEFAULT": "d"}


def simplified(statements: Sequence[Written], situation: Situation) -> list[Written]:
    """The statements without pairs that cancel out. ``situation`` is that before the first of them."""
    kept = list(statements)
    for dropped in [one for one in kept if one.kind == "sql_delete_fk"]:
        key = foreign_key(situation.connection, situation.present(dropped.table), unquoted(dropped.part("name")))
        if key is None:
            continue
        between = kept[kept.index(dropped) + 1 :]
        for made in between:
            if made.kind != "sql_create_fk" or made.part("name") != dropped.part("name"):
                continue
            if any(_changes_ends(one) for one in between) or not _same_ends(key, made, situation):
                break
            if _same_rules(key, made):
                kept.remove(made)
                kept.remove(dropped)
            else:
                _exchange(kept, dropped, made)
            break
    return kept


def _same_ends(key: ForeignKey, made: Written, situation: Situation) -> bool:
    return (
        key.columns == (unquoted(made.part("column")),)
        and key.referenced_columns == (unquoted(made.part("to_column")),)
        and situation.same_table(key.referenced, made.part("to_table"))
        and situation.same_table(key.table, made.table)
    )


def _same_rules(key: ForeignKey, made: Written) -> bool:
    deferrable = made.part("deferrable")
    return (
        key.validated
        and (key.deferrable, key.deferred) == ("DEFERRABLE" in deferrable, "INITIALLY DEFERRED" in deferrable)
        and key.on_delete == _ON_DELETE.get(made.part("on_delete_db"))
    )


def _exchange(kept: list[Written], dropped: Written, made: Written) -> None:
    """The key that is there makes room for the new one by another name, and goes when the new one is proved.

    Between the two, rows are held to both; without any they never are.
    """
    quoted = dropped.part("name")
    aside = '"' + shortened(f"safemigrate_old_{unquoted(quoted)}") + '"'
    parts = {**dropped.parts, "new_name": aside}
    kept[kept.index(dropped)] = replace(dropped, kind="rename_constraint", parts=parts)
    later = replace(dropped, parts={**dropped.parts, "name": aside}, details={"known_as": unquoted(quoted)})
    kept.insert(kept.index(made) + 1, later)


def _changes_ends(written: Written) -> bool:
    """Whether a statement touches the column or the key at one of the ends of a foreign key."""
    if written.kind == "sql_alter_column":
        return any(
            fragment.kind == "type" and fragment.details["type"] != fragment.details.get("old_type")
            for fragment in written.fragments
        )
    return written.kind in {
        "sql_rename_table",
        "sql_rename_column",
        "sql_delete_unique",
        "sql_delete_pk",
        "sql_create_pk",
        "sql_delete_column",
        "sql_add_identity",
    }


def indexes_first(statements: Sequence[Written]) -> list[Written]:
    """Indexes before the foreign keys that stand right before them: an index need not wait for two tables, and a key may be
    proved by its index."""
    ordered: list[Written] = []
    for written in statements:
        place = len(ordered)
        while _is_index(written) and place and ordered[place - 1].kind == "sql_create_fk":
            place -= 1
        ordered.insert(place, written)
    return ordered


def _is_index(written: Written) -> bool:
    return written.kind in {"sql_create_index", "sql_create_unique_index"}
