"""What expressions call, and what conditions pick."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django_safemigrate.grammar.parse import Tree

# Of pg_proc in PostgreSQL 18 and its extensions: functions that are VOLATILE, and some of those that are not.
_VOLATILE = """
random random_normal gen_random_uuid uuidv4 uuidv7 clock_timestamp timeofday nextval currval lastval setval setseed set_config
uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 gen_random_bytes gen_salt pg_sleep pg_notify pg_advisory_lock
pg_advisory_xact_lock pg_try_advisory_lock pg_advisory_unlock pg_terminate_backend pg_cancel_backend pg_stat_reset
"""
_OTHERS = """
now transaction_timestamp statement_timestamp current_setting to_timestamp to_date to_char to_number make_date
make_time make_timestamp make_timestamptz make_interval date_trunc date_part extract timezone age isfinite
justify_days lower upper initcap concat concat_ws md5 sha256 encode decode convert_to convert_from length char_length
octet_length substr substring left right btrim ltrim rtrim replace repeat lpad rpad split_part format translate
reverse ascii chr overlay strpos position regexp_replace regexp_match regexp_matches abs ceil floor round trunc power
sqrt mod sign exp ln log array_fill array_append array_cat cardinality array_length array_position array_remove
string_to_array array_to_string json_build_object jsonb_build_object json_build_array jsonb_build_array to_json
to_jsonb row_to_json jsonb_set jsonb_array_elements jsonb_array_elements_text jsonb_each json_array_elements
jsonb_array_length jsonb_object_keys jsonb_typeof hstore to_tsvector to_tsquery plainto_tsquery setweight ts_rank
websearch_to_tsquery int4range int8range numrange tsrange tstzrange daterange point st_geomfromtext st_setsrid
st_makepoint version current_database current_schema pg_backend_pid count sum min max avg array_agg string_agg bool_or
bool_and json_agg jsonb_agg json_object_agg jsonb_object_agg row_number rank dense_rank lag lead first_value
last_value generate_series unnest pg_get_serial_sequence to_regclass has_table_privilege obj_description
col_description quote_ident quote_literal quote_nullable pg_size_pretty
"""
# What is one of these by its size is asked under a lock, so that pg_proc calls it volatile.
_SIZES = "pg_table_size pg_total_relation_size pg_relation_size pg_database_size"

VOLATILE = frozenset(_VOLATILE.split())
SERVERS_OWN = VOLATILE | frozenset(_OTHERS.split()) | frozenset(_SIZES.split())


@dataclass(frozen=True)
class Function:
    """``certain``: whether it is the server's own, of which it is known whether it is volatile."""

    name: str
    certain: bool

    @property
    def user_defined(self) -> bool:
        return not self.certain


def functions_called(tree: Any) -> Iterator[Function]:
    """Every function that a part of a statement calls, with the schema of its name left out."""
    if isinstance(tree, list):
        for item in tree:
            yield from functions_called(item)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if key == "func_call":
                name = value["funcname"][-1]["string"]["sval"]
                schema = value["funcname"][0]["string"]["sval"] if len(value["funcname"]) > 1 else ""
                yield Function(name, schema == "pg_catalog" or name in SERVERS_OWN)
            yield from functions_called(value)


def volatile_in(expression: Tree) -> Function | None:
    """A function that gives another value for every row, or that may: one that is not the server's own."""
    found = [one for one in functions_called(expression) if one.user_defined or one.name in VOLATILE]
    return min(found, key=lambda one: one.user_defined, default=None)


def picks_one(where: Tree) -> bool:
    """Whether a condition compares a key with a constant, or says no: then few rows are meant, if any.

    A key is a column that is called ``id`` or ``pk``, or ends so; nobody knows more here.
    """
    if "bool_expr" in where:
        parts = where["bool_expr"].get("args", ())
        return where["bool_expr"]["boolop"] == "AND_EXPR" and any(picks_one(part) for part in parts)
    if "a_const" in where:
        return "boolval" in where["a_const"] and not where["a_const"]["boolval"]
    comparison = where.get("a_expr", {})
    if comparison.get("kind") not in {"AEXPR_OP", "AEXPR_IN"} or comparison["name"][-1]["string"]["sval"] != "=":
        return False
    column, value = comparison.get("lexpr", {}), comparison.get("rexpr", {})
    last = column.get("column_ref", {}).get("fields", [{}])[-1].get("string", {}).get("sval", "")
    constant = "a_const" in value or "list" in value or "a_const" in value.get("type_cast", {}).get("arg", {})
    return bool(constant and last in {"id", "pk", "uuid", "slug", "key", "code", "name"})
