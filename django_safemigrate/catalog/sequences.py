"""The sequence behind a column."""

from __future__ import annotations

from dataclasses import dataclass

from .query import Connection, rows

_LIMITS = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


@dataclass(frozen=True)
class Sequence:
    """``name`` is quoted, with its schema; ``grants`` are statements."""

    name: str
    type: str
    start: int
    increment: int
    least: int
    most: int
    cache: int
    cycle: bool
    grants: list[str]

    def options(self, type_: str) -> str:
        """What differs from the usual, for a sequence of another type, as in CREATE SEQUENCE; begins with a space."""
        words = []
        if self.increment != 1:
            words.append(f"INCREMENT BY {self.increment}")
        if self.most != _LIMITS[self.type] and type_ in _LIMITS:
            words.append(f"MAXVALUE {min(self.most, _LIMITS[type_])}")
        if self.least != 1:
            words.append(f"MINVALUE {self.least}")
        if self.start != 1:
            words.append(f"START WITH {self.start}")
        if self.cache != 1:
            words.append(f"CACHE {self.cache}")
        if self.cycle:
            words.append("CYCLE")
        return "".join(f" {word}" for word in words)


def sequence_of(connection: Connection, table: str, column: str) -> Sequence | None:
    """The sequence of a column's identity, or the one that its ``serial`` default owns; None where there is none."""
    found = rows(
        connection,
        """
        SELECT format('%%I.%%I', n.nspname, c.relname), format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement,
               s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
               ARRAY(SELECT format('GRANT %%s ON SEQUENCE %%I.%%I TO %%s%%s', g.privilege_type, n.nspname, c.relname,
                                   CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
                                   CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
                     FROM aclexplode(c.relacl) g WHERE g.grantee <> c.relowner ORDER BY 1)
        FROM pg_class c
        JOIN pg_sequence s ON s.seqrelid = c.oid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
          AND d.deptype IN ('a', 'i')
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attname = %s
        WHERE d.refobjid = to_regclass(%s)
        """,
        [column, table],
    )
    if not found:
        return None
    return Sequence(*found[0])
