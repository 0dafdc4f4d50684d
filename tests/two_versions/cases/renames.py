"""C9: a field gets another name, and keeps its column; C10 has ``moved``."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from tests.decisions.states import model
from tests.two_versions.pair import EXPAND, OTHERS, THING, Expects, Pair, key, many, needed, one, thing

INTEGER, TEXT, CHAR = models.IntegerField, models.TextField, models.CharField


def about(name: str) -> dict[str, Any]:
    """Options that name the field."""
    return {
        "indexes": [
            Index(fields=[name, "b"], name="thing_i"),
            Index(fields=["b"], condition=Q(**{name: 1}), name="thing_j"),
        ],
        "constraints": [
            CheckConstraint(condition=Q(**{f"{name}__gte": 0}), name="thing_k"),
            UniqueConstraint(fields=["b", name], name="thing_u"),
        ],
        "unique_together": {(name, "b")},
        "ordering": [name],
    }


def kept(name: str, make: Any, column: str = "a", **more: Any) -> Pair:
    """``make(**options)`` is the field; its column stays."""
    others = needed(make())
    old, new = [*others, thing(a=make())], [*others, thing(z=make(db_column=column))]
    return Pair(f"C9 {name}", old, new, EXPAND, renames=True, **more)


PAIRS = [
    kept("column kept", INTEGER),
    kept("column kept, null", lambda **its: INTEGER(null=True, **its)),
    kept("column kept, text", lambda **its: CHAR(max_length=9, default="x", **its)),
    kept("column kept, json", lambda **its: models.JSONField(default=dict, **its)),
    kept("column kept, indexed", lambda **its: CHAR(max_length=9, db_index=True, **its)),
    kept("column kept, unique", lambda **its: CHAR(max_length=9, unique=True, **its)),
    kept("column kept, database default", lambda **its: INTEGER(db_default=4, **its)),
    kept("column kept, positive", lambda **its: models.PositiveIntegerField(**its)),
    kept("column kept, key", lambda **its: key(**its), column="a_id"),
    kept("column kept, one-to-one", lambda **its: one(null=True, **its), column="a_id"),
    Pair(
        "C9 column of its own kept",
        [thing(a=INTEGER(db_column="own", db_index=True))],
        [thing(z=INTEGER(db_column="own", db_index=True))],
        EXPAND,
        renames=True,
    ),
    Pair(
        "C9 column kept, in indexes and constraints",
        [thing(about("a"), a=INTEGER(), b=INTEGER())],
        [thing(about("z"), z=INTEGER(db_column="a"), b=INTEGER())],
        EXPAND,
        renames=True,
    ),
    *(
        Pair(
            f"C9 column kept, in {words}",
            [thing({option: about("a")[option]}, a=INTEGER(), b=INTEGER())],
            [thing({option: about("z")[option]}, z=INTEGER(db_column="a"), b=INTEGER())],
            EXPAND,
            renames=True,
        )
        for words, option in (
            ("indexes", "indexes"),
            ("constraints", "constraints"),
            ("unique_together", "unique_together"),
            ("the ordering", "ordering"),
        )
    ),
    Pair(
        "C9 column kept, referenced",
        [thing(a=CHAR(max_length=9, unique=True)), model("Part", thing=key(THING, to_field="a"))],
        [thing(z=CHAR(max_length=9, unique=True, db_column="a")), model("Part", thing=key(THING, to_field="z"))],
        EXPAND,
        renames=True,
    ),
    # Django does not take it for a rename. In two releases: the table's name first.
    Pair(
        "C9 many-to-many, table kept",
        [OTHERS[1], thing(a=many())],
        [OTHERS[1], thing(z=many(db_table="shop_thing_a"))],
        renames=True,
        expects=Expects.REFUSED,
        says=("thing",),
    ),
    Pair(
        "C9 many-to-many, table of its own kept",
        [OTHERS[1], thing(a=many(db_table="own"))],
        [OTHERS[1], thing(z=many(db_table="own"))],
        EXPAND,
        renames=True,
    ),
    Pair(
        "C9 many-to-many, table not kept",
        [OTHERS[1], thing(a=many())],
        [OTHERS[1], thing(z=many())],
        renames=True,
        expects=Expects.REFUSED,
        says=("db_table",),
    ),
    # Without a yes to the question whether it was renamed, it is another field.
    Pair("R3 and F2, not renamed", [thing(a=INTEGER())], [thing(z=INTEGER(default=1))], "expand contract"),
]
