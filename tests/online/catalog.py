"""Everything that the catalog says of the tables of the shop, to be compared before and after."""

from __future__ import annotations

from typing import Any

from tests.support.database import rows

QUESTIONS = {
    "columns": """
        SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull, attidentity::text,
               pg_get_expr(adbin, adrelid), attcollation::regcollation::text, col_description(attrelid, attnum),
               attacl::text, attstattarget, attstorage::text
        FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid AND relkind = 'r'
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relname LIKE 'shop%' AND attnum > 0 AND NOT attisdropped ORDER BY 1, 2
    """,
    "indexes": """
        SELECT pg_get_indexdef(indexrelid), indisvalid, indisclustered, indisreplident,
               obj_description(indexrelid, 'pg_class')
        FROM pg_index WHERE indrelid::regclass::text LIKE 'shop%' ORDER BY 1
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
        FROM pg_constraint WHERE conrelid::regclass::text LIKE 'shop%' ORDER BY 1, 2
    """,
    "triggers": """
        SELECT pg_get_triggerdef(oid) FROM pg_trigger
        WHERE tgrelid::regclass::text LIKE 'shop%' AND NOT tgisinternal ORDER BY 1
    """,
    "functions": "SELECT proname FROM pg_proc WHERE proname LIKE '%safemigrate%' ORDER BY 1",
    "sequences": """
        SELECT c.relname, format_type(seqtypid, NULL), seqstart, seqincrement, seqmin, seqmax, seqcycle, relacl::text
        FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid WHERE relname LIKE 'shop%' ORDER BY 1
    """,
}


def catalog() -> dict[str, list[tuple[Any, ...]]]:
    return {name: rows(sql) for name, sql in QUESTIONS.items()}


def differences(one: dict[str, list[tuple[Any, ...]]], other: dict[str, list[tuple[Any, ...]]]) -> list[str]:
    """What is in only one of them, as lines."""
    return [
        f"{sign} {name} {row}"
        for name in one
        for sign, left, right in (("-", one, other), ("+", other, one))
        for row in left[name]
        if row not in right[name]
    ]
