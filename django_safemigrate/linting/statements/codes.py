"""The codes about statements: SM2xx for locks, scans, rewrites and what breaks; SM5xx for advice on types and names."""

from __future__ import annotations

from django_safemigrate.values.findings import Code, Severity

ERROR, WARNING, INFO, OFF = Severity

INDEX = Code("SM201", "index-under-lock", ERROR, "An index is built while nobody can write to the table.")
DROP_INDEX = Code("SM202", "index-drop-under-lock", WARNING, "An index is dropped under a lock that stops everybody.")
REINDEX = Code("SM203", "reindex-under-lock", ERROR, "An index is built again while nobody can write to the table.")
IN_TRANSACTION = Code(
    "SM204", "refused-in-transaction", ERROR, "The server refuses this statement inside a transaction."
)
CHECK = Code("SM205", "check-under-lock", ERROR, "A CHECK is proved for all rows under a lock that stops everybody.")
FOREIGN_KEY = Code(
    "SM206", "foreign-key-under-lock", ERROR, "A foreign key is proved for all rows while nobody can write."
)
VALIDATE = Code(
    "SM207", "validate-with-lock", ERROR, "A constraint is proved in the transaction that has locked its table."
)
NOT_NULL = Code("SM208", "not-null-scan", ERROR, "NOT NULL is proved for all rows under a lock that stops everybody.")
UNIQUE = Code("SM209", "unique-under-lock", ERROR, "A UNIQUE or PRIMARY KEY builds its index under a lock.")
EXCLUDE = Code("SM210", "exclusion-under-lock", ERROR, "An EXCLUDE constraint builds its index under a lock.")
TYPE = Code("SM211", "column-type-rewrite", ERROR, "A change of a column's type writes the whole table anew.")
ADD_COLUMN = Code("SM212", "add-column-rewrite", ERROR, "A new column writes the whole table anew.")
REQUIRED = Code(
    "SM213", "required-column", ERROR, "A new column must have a value that the running release does not give it."
)
DROP_COLUMN = Code("SM214", "drop-column", ERROR, "A column is dropped that the running release reads.")
DROP_TABLE = Code("SM215", "drop-table", ERROR, "A table is dropped that the running release reads.")
RENAME = Code("SM216", "rename", ERROR, "The running release knows something by a name that is taken away.")
REWRITE = Code("SM217", "table-rewrite", ERROR, "A whole table is written anew under a lock that stops everybody.")
REFRESH = Code("SM218", "refresh-under-lock", WARNING, "A materialized view is refreshed while nobody can read it.")
LOCK = Code("SM219", "lock-table", WARNING, "A table is locked for the rest of the transaction.")
TRUNCATE = Code("SM220", "truncate", ERROR, "All rows of a table go, under a lock that stops everybody.")
TRIGGER = Code("SM221", "trigger", WARNING, "What a trigger does or does not do changes for the running release.")
PARTITION = Code(
    "SM222", "partition-under-lock", WARNING, "A partition comes or goes under a lock that stops everybody."
)
ROWS = Code("SM223", "all-rows-at-once", WARNING, "One statement changes all rows of a table in one transaction.")
REFERENCES = Code("SM224", "references-table-in-use", INFO, "A new table refers to one that is in use, and locks it.")
TRANSACTION = Code("SM225", "transaction-control", ERROR, "A migration begins or ends transactions by hand.")
DROP_ALL = Code("SM226", "drop-database", ERROR, "A database, a schema, or all that somebody owns is dropped.")
DOMAIN = Code("SM227", "type-in-use", WARNING, "A type or domain is changed that columns may have.")
SYNTAX = Code("SM228", "syntax-error", ERROR, "A statement does not parse.")
PLACEHOLDERS = Code("SM229", "placeholders", ERROR, "Placeholders and parameters do not fit together.")
UNSEEN = Code("SM230", "code-in-sql", INFO, "SQL runs code that nobody can see into from here.")
SEVERAL = Code("SM231", "several-locks", WARNING, "One transaction keeps strong locks on several tables.")
REPLICA = Code("SM232", "replica-identity", INFO, "What a table sends to subscribers changes.")
TAKEN_AWAY = Code(
    "SM233", "taken-away", WARNING, "Something is taken away before the deploy that the running release may use."
)
NEW_RULE = Code("SM234", "new-rule", WARNING, "A rule is added before the deploy that the running release may break.")
NOT_LOOKED_AT = Code("SM235", "not-looked-at", INFO, "What an operation does is known only beside a database.")

# What breaks one of the two releases.
OF_RELEASES = frozenset({REQUIRED, DROP_COLUMN, DROP_TABLE, RENAME, TAKEN_AWAY, NEW_RULE})

INTEGER_KEY = Code("SM501", "small-key", INFO, "A key of 32 bits or fewer runs out of numbers.")
VARCHAR = Code("SM502", "varchar-limit", OFF, "A text column has a limit in its type.")
TIMESTAMP = Code("SM503", "timestamp-without-time-zone", INFO, "A timestamp does not say in which time zone it is.")
CHAR = Code("SM504", "char", INFO, "A char(n) column is padded with blanks.")
JSON = Code("SM505", "json", INFO, "A json column has no indexes and no equality.")
SERIAL = Code("SM506", "serial", OFF, "A serial column has a sequence and rights of its own.")
LONG_NAME = Code("SM507", "long-name", WARNING, "A name is longer than the server keeps.")
NEW_DOMAIN = Code("SM508", "domain-with-check", INFO, "A domain has a CHECK that is hard to change once it is in use.")

# What a field says of its column.
OF_TYPES = frozenset({INTEGER_KEY, VARCHAR})

PARSER = Code("SM990", "no-parser", INFO, "PostgreSQL's parser is not installed: SQL has not been looked at.")

SQL_CODES = tuple(value for value in list(globals().values()) if isinstance(value, Code))
