"""The rehearsal of what is pending, and what has come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.migrations.loader import MigrationLoader

from django_safemigrate.values.errors import SafeMigrateError

from .engine import Engine
from .failures import CannotRehearse, Failure, StockCannot, ZeroDowntimeError
from .on_disk import bring_to, release_on_disk
from .options import Options
from .pending import Pending, without_delays
from .rehearsal import Rehearsal
from .release import Release
from .scratch import Scratch
from .steps import Rehearsed
from .version import Factories
from .watch import Tell, Watch


@dataclass
class Verdict:
    """``failures`` are the promises that were not kept; ``nothing``: why there is nothing to rehearse; ``cannot``: why there
    was no rehearsal, which says nothing about the migrations. ``report`` is None where it did not come so far; ``error`` is
    one that the check itself has run into."""

    title: str
    steps: Sequence[Rehearsed] = ()
    failures: Sequence[Failure] = ()
    nothing: str = ""
    cannot: str = ""
    report: Rehearsal | None = None
    by_stock: bool = False
    rows: int = 0
    error: Exception | None = None

    @property
    def kept(self) -> bool:
        return not self.failures and not self.cannot

    def failures_of(self, step: Rehearsed) -> list[Failure]:
        """Those that were seen while a step ran, or right after it."""
        its = (step.phase, step.migration)
        name = step.step.description if step.step else ""
        return [one for one in self.failures if (one.phase, one.migration, one.step) == (*its, name)]


def verdict_on(
    loader: MigrationLoader,
    found: Pending,
    scratch: Scratch,
    options: Options,
    factories: Factories,
    tell: Tell,
    *,
    by_stock: bool,
) -> Verdict:
    """Rehearse what is pending in a new scratch database that has what comes before it."""
    watch = Watch(tell)
    verdict = Verdict(str(found), watch.records, rows=options.large, by_stock=by_stock)
    try:
        release = _release(loader, found, scratch, tell, by_stock=by_stock)
        verdict.report = Engine(release, scratch, options, factories, watch).run()
    except ZeroDowntimeError as error:
        verdict.failures = tuple(error.failures)
        verdict.report = error.report if isinstance(error.report, Rehearsal) else None
    except StockCannot as error:
        verdict.failures = (Failure("The migrations cannot be run.", message=str(error)),)
    except CannotRehearse as error:
        verdict.cannot = str(error)
    except SafeMigrateError:
        raise
    except Exception as error:
        verdict.error = error
        verdict.cannot = (
            "The check itself has failed, which says nothing about the migrations (--traceback shows where): "
            f"{type(error).__name__}: {str(error).strip()}"
        )
    return verdict


def _release(loader: MigrationLoader, found: Pending, scratch: Scratch, tell: Tell, *, by_stock: bool) -> Release:
    history, stage = scratch.create(), "the schema of the last release"
    tell(stage, "")
    bring_to(scratch, history, loader.graph, found.start, lambda done, of: tell(stage, f"{done} of {of} migrations"))
    return release_on_disk(
        loader,
        title=f"The release of {found}",
        start=found.start,
        end=found.end,
        template=history,
        labels=found.labels,
        migrations={key: without_delays(loader.graph.nodes[key]) for key in found.end},
        by_stock=by_stock,
    )
