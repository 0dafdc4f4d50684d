"""Comments that let findings pass: those that nobody can read, without a reason, or that are for nothing.

The review itself looks for them, since only it knows what was found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches

from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.suppressions import Suppression
from django_safemigrate.values.findings import Code, Finding, Place, Severity

from . import all_codes, declare

UNKNOWN = Code(
    "SM901", "bad-suppression", Severity.ERROR, "A suppression cannot be read, or names a code that there is not."
)
UNREASONED = Code(
    "SM902", "suppression-without-reason", Severity.ERROR, "A suppression gives no reason; it does not count."
)
UNUSED = Code("SM903", "unused-suppression", Severity.WARNING, "A suppression is for something that is not found.")

FORM = "# safemigrate: ignore[SM201] -- why it may stay"


declare(UNKNOWN, UNREASONED, UNUSED)


def of_suppressions(seen: Inspected, found: Collection[Suppression], told: Collection[str]) -> Iterator[Finding]:
    """``told``: the codes that could have been found in this run."""
    for one in found:
        place = Place(seen.path, one.line)
        unknown = [code for code in one.codes if code not in all_codes()]
        if not one.readable:
            yield seen.finding(
                UNKNOWN, "A comment with safemigrate: cannot be read.", "It lets nothing pass.", FORM, place=place
            )
        for code in unknown:
            close = get_close_matches(code, all_codes(), n=1)
            yield seen.finding(
                UNKNOWN,
                f"A suppression names {code}, and there is no such code."
                + (f" Did you mean {close[0]}?" if close else ""),
                "It lets nothing pass.",
                "Run: manage.py lintmigrations --list-codes",
                place=place,
            )
        if one.readable and not one.reason:
            yield seen.finding(
                UNREASONED,
                f"The suppression of {', '.join(one.codes)} gives no reason, so it does not count.",
                "Whoever reads the migration later cannot tell whether the reason still holds.",
                f"# safemigrate: ignore[{', '.join(one.codes)}] -- why it may stay",
                place=place,
            )
            continue
        for code in one.codes:
            if code in told and code not in one.used:
                yield seen.finding(
                    UNUSED,
                    f"A suppression of {code} is for nothing: it is not found there.",
                    "It would hide what comes later.",
                    "Remove it.",
                    place=place,
                )
