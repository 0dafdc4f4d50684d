"""What the review finds about itself."""

from __future__ import annotations

from django_safemigrate.values.findings import Code, Severity

from . import declare

FAILED = Code("SM904", "check-failed", Severity.WARNING, "A check could not look at a migration.")
STALE = Code("SM905", "stale-baseline", Severity.WARNING, "The baseline names a finding that is no longer there.")

declare(FAILED, STALE)
