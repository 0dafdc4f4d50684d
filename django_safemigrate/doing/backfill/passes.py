"""How often the rows of a fill are gone through, and the error where that never ends.

Without our models: the engine fills rows, too, and Django loads it before it knows any model.
"""

from __future__ import annotations

from django_safemigrate.values.errors import SafeMigrateError

from .filler import Filler

# So many passes may find rows that are wrong; and a pass goes only through their range where there are fewer than so many.
PASSES, FEW = 20, 1000

# After so many a fill is done, where rows that come in meanwhile may stay as they are: those that were there when it began
# were gone through more than once.
ENOUGH = 3


def keep_coming(name: str, filler: Filler, passes: int, *, effect: bool) -> SafeMigrateError:
    """The error for a fill that would never end. ``effect``: whether the last pass has changed any row."""
    fact = f"{name}: rows that are to be filled keep coming."
    see = f"To see them: SELECT * FROM {filler.table} WHERE {filler.wrong} LIMIT 10;"
    if effect:
        return SafeMigrateError(
            fact,
            f"They were gone through {passes} times, and somebody goes on writing such rows.",
            f"Deploy the release that no longer does everywhere, and run the same command again. {see}",
        )
    return SafeMigrateError(
        fact,
        f"They were gone through {passes} times, the last time without an effect: a trigger, a rule or the code of the "
        "backfill leaves them as they are.",
        f"Find out why, and run the same command again. {see}",
    )
