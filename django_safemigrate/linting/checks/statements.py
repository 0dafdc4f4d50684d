"""SM2xx and SM5xx: what is wrong with the statements that a migration sends."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.linting.checks import check
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.sql.review import found_in, seen_in_texts
from django_safemigrate.linting.sql.sent import sent_by
from django_safemigrate.linting.statements.codes import PARSER, SQL_CODES
from django_safemigrate.values.findings import Finding


@check(*SQL_CODES)
def statements(inspected: Inspected) -> Iterator[Finding]:
    """What RunSQL sends, and other packages' operations; with the runner ``migrate`` also what Django's own send."""
    try:
        sent = list(sent_by(inspected))
    except RuntimeError as missing:
        yield inspected.finding(
            PARSER,
            "The SQL of this migration has not been looked at.",
            str(missing).partition(" Run: ")[0],
            "pip install 'django-safemigrate-pg[sql]'",
        )
        return
    for one, seen in seen_in_texts(inspected, sent):
        yield from found_in(inspected, one, seen)
