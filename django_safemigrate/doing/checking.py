"""What speaks against a plan, found before any of it runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from django.db import router
from django.db.migrations import Migration
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.state import ProjectState

from django_safemigrate.catalog import rights
from django_safemigrate.catalog.query import Connection
from django_safemigrate.compile.operations import tables_made
from django_safemigrate.compile.situation import Allowances
from django_safemigrate.compile.tables import probable_locks
from django_safemigrate.decisions.planning import Planned, Status
from django_safemigrate.values.errors import Blocked, DatabaseUnavailable, Refused, SafeMigrateError, UsageError
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.phases import Phase, When

from . import journal
from .plan import Plan
from .releases import old_code, still_connected
from .runner import Runner
from .steps_journal import half_done


class Migrations(Protocol):
    """What is to be known of the migrations that a plan names."""

    connection: Connection
    runner: Runner

    def allowances(self, migration: Migration, new_tables: Collection[str] = ()) -> Allowances:
        """What a migration may do to tables in use."""

    def state_before(self, migration: Migration) -> ProjectState:
        """The state before an applied migration."""


def check_blocked(plan: Plan, phase: Phase, *, strict: bool) -> None:
    """Raises ``Blocked`` where a migration should run now and cannot, or where nothing can.

    Raises ``UsageError`` where one has no phase.
    """
    _check_phases(plan, phase)
    blocked = plan.with_status(Status.BLOCKED)
    if blocked and strict:
        raise Blocked(
            "\n".join(f"{planned.name} {planned.reason}." for planned in blocked),
            "They have to run before this deploy, but an earlier release is not finished.",
            _finish_earlier(blocked),
        )
    waiting = [planned for planned in plan.planned if planned.when is not When.ALWAYS and planned.until is None]
    if phase is Phase.AFTER_DEPLOY and waiting and not plan.ready:
        raise Blocked(
            "Nothing can run after this deploy.\n"
            + "\n".join(f"{planned.name} {planned.reason}." for planned in waiting),
            "The phase before deploy has not been run with these migrations.",
            f"Run: {Phase.BEFORE_DEPLOY.command}, deploy, and then {Phase.AFTER_DEPLOY.command}",
        )


def _check_phases(plan: Plan, phase: Phase) -> None:
    """After deploy, one without a phase belongs to a release that comes, as long as there is anything else to run."""
    problems = [one.assigned.problem for one in plan.planned if one.assigned.problem is not None]
    if problems and (phase is Phase.BEFORE_DEPLOY or not plan.ready):
        raise UsageError(
            "\n".join(problem.fact for problem in problems),
            "\n".join(dict.fromkeys(problem.reason for problem in problems)),
            "\n".join(problem.remedy for problem in problems),
        )


def check_earlier_release(connection: Connection, plan: Plan, phase: Phase, release: str) -> None:
    """What an earlier release has left runs only while no release before it is connected, as far as they say so.

    Raises ``Blocked``.
    """
    earlier = [planned for planned in plan.with_status(Status.READY) if planned.when is When.AFTER_DEPLOY]
    if phase is Phase.BEFORE_DEPLOY and earlier and release and not plan.backwards:
        sessions = old_code(connection, {release, journal.release_before(connection, release)})
        if sessions:
            raise still_connected(sessions, release, None, "--finish-earlier")


def check_rights(runner: Runner, plan: Plan) -> None:
    """Whether the role owns what the plan changes, and may create what it creates. Raises ``DatabaseUnavailable``."""
    connection, state = runner.connection, runner.applied_state()
    tables: dict[str, None] = {}
    for migration in () if plan.backwards else plan.ready:
        if router.allow_migrate(connection.alias, migration.app_label):
            locks = probable_locks(migration, state, connection)
            tables |= {lock.relation: None for lock in locks if lock.mode is LockMode.ACCESS_EXCLUSIVE}
        migration.mutate_state(state, preserve=False)
    us = rights.role(connection)
    not_ours = rights.not_owned(connection, tables)
    if not_ours:
        raise DatabaseUnavailable(
            "\n".join(f"Table {table} belongs to {owner}." for table, owner in not_ours),
            f"The role {us} is not a member of it, and only owners may alter a table.",
            f"Connect as the owner, or run: GRANT {not_ours[0][1]} TO {us}",
        )
    if plan.ready and not rights.may_create_tables(connection):
        raise DatabaseUnavailable(
            "There is no schema on the search path in which this role may create tables and indexes.",
            f"The role is {us}; since PostgreSQL 15 the schema public is not open to everybody.",
            f"Run as the owner of the schema: GRANT CREATE ON SCHEMA public TO {us}",
        )


def check_refused(migrations: Migrations, plan: Plan) -> None:
    """Compile everything that is ready once, so that an operation without a safe way is known before any of it runs.

    What an operation would say only after those before it have run (a column that is not there yet) is left to the run, and
    so is what was begun: its steps are in the journal. Raises ``Refused`` and whatever else compiling says no with.
    """
    connection, state, new_tables = migrations.connection, migrations.runner.applied_state(), set[str]()
    begun = half_done(connection, backwards=plan.backwards)
    for migration in plan.ready:
        before = migrations.state_before(migration) if plan.backwards else state
        allowances = migrations.allowances(migration, new_tables)
        try:
            if (migration.app_label, migration.name) not in begun:
                new_tables |= tables_made(migration, before, connection, allowances, backwards=plan.backwards)
        except Refused as refused:
            if refused.certain:
                raise
        except (SafeMigrateError, IrreversibleError):
            raise
        except Exception:
            # Whatever an operation says that asks for something which earlier ones have not made yet.
            continue
        finally:
            if not plan.backwards:
                migration.mutate_state(state, preserve=False)


def _finish_earlier(blocked: Sequence[Planned]) -> str:
    behind = {planned.behind for planned in blocked if planned.behind is not None}
    commands = sorted(f"  {Phase.AFTER_DEPLOY.command} {m.app_label} {m.name}" for m in behind)
    return (
        "If the earlier release is deployed everywhere, run the same command with --finish-earlier, or finish it first:\n"
        + "\n".join(commands)
    )
