"""The phase of a pending migration: whoever has said it, or what its operations say.

The nearest word counts: the setting ``PHASES`` that names the migration, ``safe`` in its file, ``PHASES`` that names its
app, its operations, and the setting ``UNDECLARED`` for code that nobody can see into.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from django.db.migrations import Migration

from django_safemigrate.values.phases import Safe, When, declared
from django_safemigrate.values.settings import Mode, Settings

from .inferring import Inferred, Judged, Place


class Source(Enum):
    """Who has said in which phase a migration runs."""

    DECLARED = "declared"
    SETTING = "setting"
    INFERRED = "inferred"
    NOBODY = "nobody"

    @property
    def words(self) -> str:
        """To be put behind what a migration does; empty where the file says it."""
        return {
            Source.SETTING: "as your settings say",
            Source.INFERRED: "inferred from its operations",
        }.get(self, "")


@dataclass(frozen=True)
class Problem:
    """Why a migration has no phase: in a few words, in lines, the reason, and what to do."""

    brief: str
    fact: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class Assigned:
    """When a migration is safe to run, and who says so. ``warning``: what speaks against it, empty where nothing does.

    With a ``problem`` nobody can say, and ``safe`` means nothing.
    """

    safe: Safe
    source: Source = Source.DECLARED
    warning: str = ""
    problem: Problem | None = None


def as_declared(migration: Migration) -> Assigned:
    """By its file alone; in either phase where it says nothing. Raises ``InvalidSafe``, ``UsageError``."""
    return Assigned(declared(migration), Source.DECLARED if hasattr(migration, "safe") else Source.NOBODY)


def assign(migration: Migration, inferred: Inferred, settings: Settings, own_file: str = "") -> Assigned:
    """The phase of a migration. ``own_file``: the path of its file where the project may edit it.

    Raises ``InvalidSafe``, ``UsageError`` for what is wrong in the file.
    """
    in_file = declared(migration)
    named = settings.phases.get(f"{migration.app_label}.{migration.name}")
    if named is not None:
        return Assigned(Safe(named), Source.SETTING)
    if hasattr(migration, "safe"):
        return Assigned(in_file, Source.DECLARED, contradiction(in_file.when, inferred))
    of_app = settings.phases.get(migration.app_label)
    if of_app is not None:
        return Assigned(Safe(of_app), Source.SETTING, contradiction(of_app, inferred))
    found = _without_a_word(inferred, settings.undeclared)
    if found is not None:
        return found
    problem = _mixed(migration, inferred, own_file) if inferred.is_mixed else _unknown(migration, inferred, own_file)
    if settings.mode is Mode.NONSTRICT:
        return Assigned(Safe.always(), Source.NOBODY, f"{problem.brief}; it runs nonetheless (mode nonstrict)")
    return Assigned(Safe.before_deploy(), Source.NOBODY, problem=problem)


def _without_a_word(inferred: Inferred, undeclared: When | None) -> Assigned | None:
    """None where that leads to no phase, or to two."""
    if inferred.is_mixed or (inferred.unknown and undeclared is None):
        return None
    places = inferred.places - {Place.UNKNOWN}
    by_setting = bool(inferred.unknown) and undeclared is not When.ALWAYS
    if by_setting:
        places = places | {Place.BEFORE if undeclared is When.BEFORE_DEPLOY else Place.AFTER}
    if len(places) > 1:
        return None
    safe = (
        {Place.BEFORE: Safe.before_deploy(), Place.AFTER: Safe.after_deploy()}[places.pop()]
        if places
        else Safe.always()
    )
    source = Source.SETTING if inferred.unknown and (by_setting or not places) else Source.INFERRED
    return Assigned(safe, source)


def contradiction(when: When, inferred: Inferred) -> str:
    """What speaks against running a migration in a phase, in a line; empty where nothing does.

    What has no safe way at all is left out: whoever has declared a phase for it has insisted.
    """
    wrong = {
        When.BEFORE_DEPLOY: {Place.AFTER, Place.BOTH},
        When.AFTER_DEPLOY: {Place.BEFORE, Place.BOTH},
        When.ALWAYS: {Place.AFTER, Place.BOTH},
    }[when]
    against = [one for one in inferred.operations if one.place in wrong]
    if not against:
        return ""
    phase = {When.BEFORE_DEPLOY: "before deploy", When.AFTER_DEPLOY: "after deploy", When.ALWAYS: "in either phase"}[
        when
    ]
    more = f"; and {len(against) - 1} more" if len(against) > 1 else ""
    return f"it runs {phase}, as declared, and that is not safe: {against[0]}{more}"


# Without a phase


def _mixed(migration: Migration, inferred: Inferred, own_file: str) -> Problem:
    operations = inferred.operations
    if all(one.place in {Place.NEITHER, Place.EITHER} for one in operations):
        brief, reason = "has no safe phase", "It breaks one of the two releases in either phase."
    else:
        brief, reason = (
            "mixes phases",
            "As one migration it breaks one of the two releases, in whichever phase it runs.",
        )
    remedies = [one.remedy for one in operations if one.remedy]
    ways = [*remedies, *(_split(migration, operations, own_file)), *_declare(migration, _likely(inferred), own_file)]
    return Problem(brief, f"{migration} {brief}:\n{_lines(operations)}", reason, "\n".join(ways))


def _split(migration: Migration, operations: Sequence[Judged], own_file: str) -> list[str]:
    if not own_file or any(one.place is Place.NEITHER for one in operations):
        return []
    return [f"Run: manage.py safemigrate --split {migration.app_label} {migration.name}"]


def _unknown(migration: Migration, inferred: Inferred, own_file: str) -> Problem:
    brief = "does not say in which phase it runs"
    reason = "Nobody but its author can know whether the code of the old release and of the new one bear what it does."
    return Problem(
        brief,
        f"{migration} {brief}:\n{_lines(inferred.operations)}",
        reason,
        "\n".join(_declare(migration, _likely(inferred), own_file)),
    )


def _lines(operations: Sequence[Judged]) -> str:
    return "\n".join(f"  {one}" for one in operations)


def _likely(inferred: Inferred) -> When:
    """What new code needs has to be there when it starts; a migration that only takes away may wait."""
    leans = {one.leans or one.place for one in inferred.operations} - {Place.EITHER, Place.UNKNOWN}
    return When.AFTER_DEPLOY if leans == {Place.AFTER} else When.BEFORE_DEPLOY


def _declare(migration: Migration, when: When, own_file: str) -> list[str]:
    """The exact line, in the file where it is the project's, else in the settings."""
    phase = {When.BEFORE_DEPLOY: "before", When.AFTER_DEPLOY: "after"}[when]
    if own_file:
        return [
            f"If you know that both releases bear it {phase} deploy, say so in the class Migration in {own_file}:",
            f"    safe = Safe.{when.value}()  # with: from django_safemigrate import Safe",
        ]
    return [
        f"Its file is not the project's. If you know that both releases bear it {phase} deploy, say so in your settings:",
        f'    SAFEMIGRATE = {{"PHASES": {{"{migration.app_label}.{migration.name}": "{when.value}"}}}}',
    ]
