"""What the methods of managers and querysets make of the rows that they are asked for."""

from __future__ import annotations

import ast

from .conditions import asked_for, is_weak
from .values import Query

# The same rows.
KEEP = {
    "all", "select_related", "prefetch_related", "only", "defer", "order_by", "reverse", "annotate", "alias", "values",
    "values_list", "extra", "select_for_update",
}  # fmt: skip
# Fewer of them, or so much less that nobody minds.
NARROW = {"distinct", "none", "dates", "datetimes", "in_bulk"}
CONDITIONS = {"filter", "exclude", "complex_filter"}
ALIASING = {"using", "db_manager"}
# One row.
ONE = {"get", "first", "last", "earliest", "latest"}
# One statement for all rows.
WHOLE = {"update", "delete", "_raw_delete"}
MAKING = {"create", "get_or_create", "update_or_create", "bulk_create"}
MANAGERS = {"objects", "_default_manager", "_base_manager"}


def narrowed(query: Query, name: str, call: ast.Call) -> Query:
    """The query with a condition. Such as every row of a backfill has, ``x__isnull=True``, leave it as large as it was."""
    text = ", ".join(ast.unparse(argument) for argument in (*call.args, *call.keywords))
    if not text:
        return query
    weak = is_weak(call, exclude=name == "exclude")
    condition = f"Q({text})" if call.keywords else text
    return query.but(
        narrowed=query.narrowed or not weak,
        nothing=(*query.nothing, *(asked_for(call) if weak and name != "exclude" else ())),
        where=(*query.where, f"~{condition}" if name == "exclude" else condition),
    )


def is_filled_by_itself(query: Query, fields: list[str]) -> bool:
    """Whether the only condition is that the one field has nothing: a Backfill without ``where`` looks for that."""
    return len(fields) == 1 and query.where in {(f"Q({fields[0]}__isnull=True)",), (f"Q({fields[0]}=None)",)}
