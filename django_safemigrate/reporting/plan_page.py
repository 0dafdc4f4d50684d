"""A plan as one page of HTML, for a review: nothing else is loaded, no script runs, everything from outside is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from django.template import Context, Engine, Template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import override

from django_safemigrate.decisions.explaining import Circumstances, Explanation, Impact
from django_safemigrate.decisions.planning import Status
from django_safemigrate.decisions.verdict import Verdict, verdict
from django_safemigrate.doing.preview import MigrationPreview, Preview, StepPreview
from django_safemigrate.values.durations import format_duration
from django_safemigrate.values.phases import Phase
from django_safemigrate.values.rates import format_about

from .plan_lanes import Lane, lanes

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Heading:
    """What the page says at its top: of which phase the plan is, of which database, and when it was made."""

    phase: Phase
    database: str
    at: datetime


@dataclass(frozen=True)
class StepView:
    """``number`` counts through the page. ``statements``: SQL of the step, or what Django would run for it."""

    number: int
    seen: StepPreview
    explained: Explanation

    @property
    def takes(self) -> str:
        return "" if self.explained.takes is None or self.seen.done else format_about(self.explained.takes)

    @property
    def statements(self) -> str:
        return self.seen.step.sql or "\n".join(self.seen.sql)

    @property
    def locks(self) -> list[str]:
        return [str(lock) for lock in (*self.seen.step.locks, *self.seen.locks)]


@dataclass(frozen=True)
class MigrationView:
    number: int
    seen: MigrationPreview
    steps: tuple[StepView, ...]

    @property
    def status(self) -> str:
        return "refused" if self.seen.refused else self.seen.planned.status.value

    @property
    def problem(self) -> str:
        """Why it has no phase, in full."""
        problem = self.seen.planned.assigned.problem
        return "" if problem is None else "\n".join((problem.fact, problem.reason, problem.remedy))

    @property
    def operations(self) -> list[str]:
        """In words, where there are no steps to show."""
        return [] if self.steps else [operation.describe() for operation in self.seen.planned.migration.operations]


@dataclass(frozen=True)
class PhaseView:
    """One of the two phases. ``command`` runs it."""

    slug: str
    title: str
    command: str
    migrations: tuple[MigrationView, ...]
    met: Circumstances

    @property
    def steps(self) -> list[StepView]:
        return [step for migration in self.migrations for step in migration.steps]

    @property
    def verdict(self) -> Verdict:
        return verdict([step.explained for step in self.steps if not step.seen.done])

    @property
    def longest(self) -> str:
        """The longest wait of anybody, in a few words."""
        one = self.verdict
        if one.longest is None:
            return "nobody can say"
        if one.impact is Impact.NOBODY:
            return "nobody can say" if one.unknown else "none"
        return format_about(one.longest) if one.impact is Impact.BLOCKS else format_duration(one.longest)

    @property
    def work(self) -> str:
        return format_about(self.verdict.takes)

    @property
    def lanes(self) -> list[Lane]:
        return lanes([(step.number, step.seen, step.explained) for step in self.steps], self.met)

    @property
    def wraps(self) -> bool:
        """Whether there are more steps than columns that fit beside each other."""
        return len(self.steps) > _COLUMNS


_COLUMNS = 14


@dataclass(frozen=True)
class Remark:
    """What to look at first. ``stops``: the plan cannot run as it is."""

    where: str
    href: str
    text: str
    stops: bool = False


def plan_page(preview: Preview, heading: Heading) -> str:
    """The page. Its text is that of the plan; see ``docs/plan.md``."""
    phases = _phases(preview, heading.phase)
    context = {
        "heading": heading,
        "new_database": preview.plan.new_database,
        "phases": phases,
        "remarks": sorted(_remarks(phases), key=lambda one: not one.stops),
        "impacts": list(Impact),
        "style": _style(),
    }
    with override(None):  # numbers and months are English, as the rest
        return _template().render(Context(context, use_l10n=False))


@cache
def _template() -> Template:
    return Engine().from_string((HERE / "plan_page.html").read_text(encoding="utf-8"))


@cache
def _style() -> SafeString:
    return mark_safe((HERE / "plan_page.css").read_text(encoding="utf-8"))


def _phases(preview: Preview, phase: Phase) -> list[PhaseView]:
    now = [one for one in preview.migrations if one.planned.status is not Status.DELAYED]
    later = [one for one in preview.migrations if one.planned.status is Status.DELAYED]
    if preview.plan.backwards:
        parts = [("back", "Undone", "", now)]
    elif phase is Phase.BEFORE_DEPLOY:
        parts = [
            ("before", "Before deploy", "manage.py safemigrate", now),
            ("after", "After deploy", "manage.py safemigrate --after-deploy", later),
        ]
    else:
        parts = [("after", "After deploy", "manage.py safemigrate --after-deploy", now), ("later", "Later", "", later)]
    views, number, place = [], 1, 1
    for slug, title, command, migrations in parts:
        views.append(
            PhaseView(slug, title, command, tuple(_migrations(migrations, preview.met, number, place)), preview.met)
        )
        number, place = number + len(migrations), place + sum(len(one.steps) for one in migrations)
    return views


def _migrations(
    migrations: Sequence[MigrationPreview], met: Circumstances, number: int, place: int
) -> Iterator[MigrationView]:
    for one in migrations:
        steps = tuple(StepView(place + n, step, step.explained(met)) for n, step in enumerate(one.steps))
        yield MigrationView(number, one, steps)
        number, place = number + 1, place + len(steps)


def _remarks(phases: Sequence[PhaseView]) -> Iterator[Remark]:
    for migration in (migration for phase in phases for migration in phase.migrations):
        planned, href = migration.seen.planned, f"#migration-{migration.number}"
        if migration.problem or planned.status is Status.BLOCKED:
            yield Remark(planned.name, href, _beginning(migration.problem or planned.reason), stops=True)
        if migration.seen.refused:
            yield Remark(planned.name, href, _beginning(migration.seen.refused), stops=True)
        if planned.assigned.warning:
            yield Remark(planned.name, href, planned.assigned.warning)
        if migration.seen.unknown:
            text = f"The rest is known when what comes before has run: {migration.seen.unknown}"
            yield Remark(planned.name, href, text)
        yield from _remarks_of_steps(migration)


def _beginning(text: str) -> str:
    """Of what stands in full with its migration: what, and why not."""
    return "\n".join(text.splitlines()[:3])


def _remarks_of_steps(migration: MigrationView) -> Iterator[Remark]:
    for step in (step for step in migration.steps if not step.seen.done):
        where, href = f"Step {step.number}, {migration.seen.planned.name}", f"#step-{step.number}"
        if step.seen.conflict:
            yield Remark(where, href, step.seen.conflict, stops=True)
        said = [step.seen.step.remark] if step.seen.step.remark else []
        if step.explained.impact in (Impact.BLOCKS, Impact.UNKNOWN):
            said.append(step.explained.who_waits)
        if said:
            yield Remark(where, href, " ".join(said))
