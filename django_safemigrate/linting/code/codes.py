"""The codes about Python code in migrations: SM3xx."""

from __future__ import annotations

from django_safemigrate.values.findings import Code, Severity

ERROR, WARNING, INFO, OFF = Severity

UPDATES_ALL = Code("SM301", "updates-all-rows", WARNING, "Code changes all rows of a table in one statement.")
WRITES_EACH = Code("SM302", "writes-row-by-row", WARNING, "Code goes through a whole table and writes for each row.")
LOADS_ALL = Code("SM303", "loads-all-rows", INFO, "Code has all rows of a table in memory at once.")
IMPORTED = Code("SM304", "imported-model", WARNING, "Code uses a model as it is now, not as it was at that point.")
NOT_THERE = Code("SM305", "model-not-there", ERROR, "Code asks for a model that its migration does not depend on.")
ARGUMENTS = Code("SM306", "wrong-arguments", ERROR, "A function cannot be called as RunPython calls it.")
DEFAULT = Code("SM307", "default-database", WARNING, "Code asks the default database, whichever is migrated.")
ALTERS = Code("SM308", "schema-change-in-code", WARNING, "Code changes the schema past the operations.")
OUTSIDE = Code("SM309", "outside-the-database", WARNING, "Code does something that no rollback takes back.")
SLEEPS = Code("SM310", "sleeps-in-transaction", WARNING, "Code waits in a transaction that holds its locks.")
ENDS = Code("SM311", "ends-transaction", ERROR, "Code ends a transaction that is not its own.")

CODES = tuple(value for value in list(globals().values()) if isinstance(value, Code))
