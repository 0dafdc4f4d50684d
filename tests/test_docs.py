"""The pages say what the code says: commands, tables, names and links cannot drift apart."""

from __future__ import annotations

import ast
import importlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from django.core.management import load_command_class
from django.db import connection
from django.db.migrations import Migration

import django_safemigrate
from django_safemigrate.decisions.assigning import Assigned
from django_safemigrate.decisions.lock_policy import LockPolicy
from django_safemigrate.decisions.planning import Planned, Status
from django_safemigrate.doing.plan import Plan
from django_safemigrate.doing.preview import MigrationPreview, Preview, StepPreview
from django_safemigrate.management.commands import safemigrate
from django_safemigrate.reporting.jsonlines import JsonReport, failure_data, plain
from django_safemigrate.reporting.plan import plan_data
from django_safemigrate.reporting.text import TextReport
from django_safemigrate.values import errors, settings
from django_safemigrate.values.durations import format_duration, parse_duration
from django_safemigrate.values.events import Event, Holder, MigrationStarted, StepDone
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.phases import Phase, Safe
from django_safemigrate.values.steps import Step, Work
from tests.support import forked
from tests.support.database import is_postgres
from tests.support.project import Project

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
PACKAGE = Path(django_safemigrate.__file__).parent

sys.path.insert(0, str(DOCS))
console = importlib.import_module("console")

FENCE = re.compile(r"^```(?P<language>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def name_of(page: Path) -> str:
    return page.relative_to(DOCS if page.is_relative_to(DOCS) else ROOT).with_suffix("").as_posix()


def text(name: str) -> str:
    return (ROOT / name).read_text()


def blocks(path: Path, language: str) -> list[str]:
    return [fence["body"] for fence in FENCE.finditer(path.read_text()) if fence["language"] == language]


def section(name: str, heading: str) -> str:
    """From a heading to the next one of its level or above."""
    level = heading.split()[0]
    after = text(name).split(f"\n{heading}\n", 1)[1]
    return re.split(rf"^#{{1,{len(level)}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]


def table(part: str, number: int = 0) -> list[list[str]]:
    """The rows of a table below its head, without the quotes of code."""
    tables = re.findall(r"(?:^\|.*\n)+", part, re.MULTILINE)
    lines = tables[number].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


# README


def test_the_first_two_blocks_of_the_readme_are_commands_of_one_line() -> None:
    demo, tests = (fence["body"] for fence in list(FENCE.finditer(text("README.md")))[:2])
    assert demo.count("\n") == tests.count("\n") == 1
    assert demo.endswith("python example_project/manage.py demo\n")
    assert tests.endswith("python -m pytest\n")


def test_contributing_runs_the_tests_as_the_readme_does() -> None:
    assert blocks(ROOT / "README.md", "sh")[1] == blocks(DOCS / "contributing.md", "sh")[0]


def test_the_readme_shows_a_real_plan() -> None:
    """The tutorial's, which is run."""
    (plan,) = (block for block in blocks(ROOT / "README.md", "text") if block.startswith("$ "))
    assert plan in text("docs/tutorial.md")


# Pages that run


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "console")], ids=name_of)
def test_the_commands_of_a_page_say_what_it_shows(page: Path) -> None:
    """When they do not: python docs/console.py --write docs/PAGE.md"""
    if not is_postgres():
        pytest.skip("this run is on SQLite")
    shown = page.read_text()
    with console.session(partial(forked.run, merged=True)) as session:
        assert session.follow(shown) == shown


@pytest.mark.parametrize(
    ("shown", "said", "same"),
    [
        ("wait 27 ms at most\n", "wait 1.5 s at most\n", False),
        ("done in 27 ms\n", "done in 1.5 s\n", True),
        ("OK shop.0002, 27 ms\n", "OK shop.0002, 1 min\n", True),
        ("  done  Drop it  1 ms; 18 ms\n", "  done  Drop it  12 ms; 1.2 s\n", True),
        ("  done  Drop it  1 ms; 18 ms\n", "  failed  Drop it  1 ms; 18 ms\n", False),
        ("    0.1 s  a\n", "    0.1 s        building index: scanning table 25%\n    0.9 s  a\n", True),
        ("    0.1 s  a\n", "    0.1 s        attempt 1: no lock\n    0.9 s  a\n", False),
        ("done in 27 ms\n", "done in 9 ms\n", True),
        ("    0.1 s  Applying a\n", "   12.3 s  Applying a\n", True),
        ("first\n...\nlast\n", "first\nmore\nand more\nlast\n", True),
        ("first\n...\nlast\n", "first\nmore\n", False),
        ("", "", True),
    ],
)
def test_outputs_are_compared_without_their_numbers(shown: str, said: str, same: bool) -> None:
    assert console.same(shown, said) is same


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_python_compiles_and_json_loads(page: Path) -> None:
    for block in blocks(page, "python"):
        ast.parse(block)
    for block in blocks(page, "json"):
        for line in block.splitlines():
            json.loads(line)


# Links


def anchors(path: Path) -> set[str]:
    """As GitHub and MyST make them."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(\s*([^)\s]+)\s*\)", FENCE.sub("", page.read_text())):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("index", [DOCS / "index.md", DOCS / "changes" / "index.md"], ids=name_of)
def test_every_page_is_in_the_table_of_contents_and_linked_from_the_index(index: Path) -> None:
    pages = [page.stem for page in index.parent.glob("*.md") if page != index]
    names = {*pages, *(f"{below.parent.name}/index" for below in index.parent.glob("*/index.md"))}
    (toctree,) = blocks(index, "{toctree}")
    assert sorted(toctree.split()[1:]) == sorted(names)
    assert names <= set(re.findall(r"\]\((\S+?)\.md(?:#[^)]*)?\)", index.read_text()))


def test_pages_that_the_code_names_exist() -> None:
    named = {
        name
        for path in PACKAGE.rglob("*.py")
        for name in re.findall(r"docs/[a-z/-]+\.md", path.read_text(encoding="utf-8"))
    }
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


# Settings


def test_the_settings_are_those_of_the_code() -> None:
    rows = table(text("docs/settings.md"))
    defaults = settings.Settings()
    assert [row[0] for row in rows] == list(settings._READERS)
    for key, default, _ in rows:
        assert settings._READERS[key](ast.literal_eval(default)) == getattr(defaults, key.lower()), key


def test_the_modes_are_those_of_the_code() -> None:
    assert [row[0].strip('"') for row in table(text("docs/settings.md"), 1)] == [mode.value for mode in settings.Mode]


def test_the_numbers_of_the_lock_policy_are_those_of_the_code() -> None:
    rows = table(section("docs/settings.md", "## The lock policy"))
    assert [row[0] for row in rows] == [*settings.POLICY_DURATIONS, *settings.POLICY_FACTORS]
    shown = settings._lock_policy({name: ast.literal_eval(default) for name, default, _ in rows})
    assert shown == {name: getattr(LockPolicy, name) for name in shown}


def test_the_pages_ask_for_as_long_as_the_code_does() -> None:
    """Outputs are compared without their durations, so plans are looked at here."""
    timeout, for_several = settings.Settings().lock_timeout, LockPolicy().set_timeout
    asked = {words for page in PAGES for words in re.findall(r" wait (\d.*?) at most at a time", page.read_text())}
    assert asked == {format_duration(timeout), format_duration(for_several)}
    (option,) = re.findall(r"`--lock-timeout DURATION` .*\(default (\w+)\)", text("docs/commands.md"))
    assert parse_duration(option) == timeout


def test_the_examples_of_settings_can_be_read(settings: Any) -> None:
    from django_safemigrate.values.settings import Settings, read_settings

    for block in blocks(DOCS / "settings.md", "python"):
        names: dict[str, object] = {}
        exec(block, names)
        settings.SAFEMIGRATE = names["SAFEMIGRATE"]
        assert read_settings() == Settings()


# Commands


def options_of(app: str, command: str) -> set[str]:
    parser = load_command_class(app, command).create_parser("manage.py", command)
    return {option for action in parser._actions for option in action.option_strings if option.startswith("--")}


def test_the_options_are_those_of_the_command() -> None:
    own = options_of("django_safemigrate", "safemigrate") - options_of("django.core", "migrate")
    part = section("docs/commands.md", "## safemigrate")
    assert {row[0].split()[0] for row in table(part)} == own
    others = {option for row in table(part, 1) for option in re.findall(r"--[a-z-]+", row[0])}
    assert others <= options_of("django.core", "migrate")


def test_the_options_of_makemigrations_are_those_of_the_command() -> None:
    own = options_of("django_safemigrate", "makemigrations") - options_of("django.core", "makemigrations")
    assert {row[0].split()[0] for row in table(section("docs/commands.md", "## makemigrations"))} == own


def subclasses(cls: type) -> Iterator[type]:
    yield cls
    for sub in cls.__subclasses__():
        yield from subclasses(sub)


def test_the_exit_statuses_are_those_of_the_errors() -> None:
    rows = table(section("docs/commands.md", "### Exit status"))
    documented = {(int(status), name) for status, _, name in rows if name}
    own = {
        (cls.status, cls.__name__)  # type: ignore[attr-defined]
        for cls in subclasses(errors.SafeMigrateError)
        if cls.__module__.startswith("django_safemigrate") and cls is not errors.InvalidSafe
    }
    assert documented == own


def test_the_exit_statuses_of_check_are_those_of_the_command() -> None:
    rows = table(section("docs/commands.md", "### Exit status"), 1)
    own = {0, safemigrate.CHECK_READY, safemigrate.CHECK_BLOCKED, safemigrate.CHECK_DELAYED}
    assert {int(row[0]) for row in rows} == own


def test_the_events_are_those_of_the_code() -> None:
    rows = {
        row[0]: re.findall(r"`(\w+)`", f"`{row[1]}`") for row in table(section("docs/commands.md", "### JSON lines"))
    }
    written: list[str] = []

    class Stdout:
        def write(self, line: str) -> None:
            written.append(line)

    report = JsonReport(Stdout())
    expected: dict[str, list[str]] = {}
    for event in get_args(Event):
        names = [field.name for field in fields(event)]
        report(event(**dict.fromkeys(names, ())))
        expected[json.loads(written[-1])["event"]] = names
    expected["done"] = ["phase", *(status.value for status in Status), "waiting"]
    expected["failed"] = [name for name in failure_data(errors.SafeMigrateError("fact")) if name != "event"]
    expected["plan"] = list(_plan_keys())
    expected["abort_plan"] = expected["aborted"] = ["migrations"]
    assert rows == expected


def _plan_keys() -> Iterator[str]:
    return (key for key in plan_data(preview_of(), Phase.BEFORE_DEPLOY) if key != "event")


def preview_of(*migrations: MigrationPreview) -> Preview:
    return Preview(Plan((), (), backwards=False, new_database=False), migrations)


STEP = Step(description="Look", sql="SELECT 1", locks=(RelationLock('"a"', LockMode.ACCESS_SHARE),), work=Work.CATALOG)


@pytest.mark.parametrize("what", ["A migration of a plan", "A step of a plan", "A lock of a plan"])
def test_what_a_plan_has_is_what_the_code_says(what: str) -> None:
    planned = Planned(Migration("0001_initial", "shop"), Status.READY, "", Assigned(Safe.always()))
    (migration,) = plan_data(preview_of(MigrationPreview(planned, (StepPreview(STEP),))), Phase.BEFORE_DEPLOY)[
        "migrations"
    ]
    (step,) = migration["steps"]
    own = {"A migration of a plan": migration, "A step of a plan": step, "A lock of a plan": step["locks"][0]}[what]
    assert named_after(f"{what} has ") == list(own)


def test_what_a_step_has_is_what_the_code_says() -> None:
    step = plain(STEP)
    assert [*step, *step["locks"][0]] == ["description", "sql", "locks", "work", "relation", "mode"]
    assert named_after("A `step` has ") == ["description", "sql", "locks", "relation", "mode", "work"]


def named_after(words: str) -> list[str]:
    """What is quoted as code in the one sentence of the commands' page that begins so."""
    (sentence,) = re.findall(rf"{re.escape(words)}(.*?)[;.](?:\s|$)", text("docs/commands.md"), re.DOTALL)
    return re.findall(r"`(\w+)`", sentence)


def test_what_a_holder_has_is_what_the_code_says() -> None:
    assert sorted(named_after("A holder has ")) == sorted(field.name for field in fields(Holder))


# Locks


def test_the_table_of_lock_modes_is_that_of_the_code() -> None:
    rows = table(section("docs/locks.md", "## What conflicts"))
    assert [row[0] for row in rows] == [mode.value for mode in LockMode]
    for row, mode in zip(rows, LockMode, strict=True):
        assert [mark == "x" for mark in row[1:]] == [other in mode.conflicts for other in LockMode], mode


def test_the_modes_that_make_an_application_wait_are_those_of_the_code() -> None:
    after = section("docs/locks.md", "## What conflicts").split("make an application wait:")[1]
    assert re.findall(r"`([A-Z ]+)`", after) == [mode.value for mode in LockMode if mode.makes_others_wait]


# Errors

KINDS = {cls.__name__ for cls in subclasses(errors.SafeMigrateError)} - {"InvalidSafe"}


def facts(kinds: set[str]) -> Iterator[str]:
    """The longest fixed piece of the first line of every exception of these classes that the package makes."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds and node.args:
                pieces = [piece.strip(" (:") for piece in _pieces(node.args[0]) if any(map(str.isalpha, piece))]
                if pieces:
                    yield max(pieces, key=len)


def _pieces(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield from part.value.split("\n")


@pytest.mark.parametrize(
    ("kinds", "page"),
    [
        (KINDS, "docs/troubleshooting.md"),
        ({"Refusal"}, "docs/troubleshooting.md"),
        ({"Unsafe"}, "docs/refusals.md"),
        ({"NotCompiled"}, "docs/opaque-operations.md"),
    ],
    ids=["errors", "refusals of makemigrations", "refusals", "opaque operations"],
)
def test_every_error_has_its_place(kinds: set[str], page: str) -> None:
    found, shown = list(facts(kinds)), re.sub(r"\s+", " ", text(page))
    assert found
    assert [fact for fact in found if fact not in shown] == []


# Steps


def test_the_kinds_of_work_are_those_of_the_code() -> None:
    rows = table(section("docs/compiler.md", "## What a step does under its lock"))
    assert [row[0] for row in rows] == [work.value for work in Work]


@pytest.mark.postgres
def test_the_round_trips_are_those_of_a_run(live: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """When they are not: the table shows what the assertion says, if that is as it should be."""
    migrations = {
        "ADD COLUMN": 'migrations.AddField("order", "note", models.TextField(null=True))',
        "CREATE INDEX CONCURRENTLY": 'migrations.AddIndex("order", models.Index(fields=["number"], name="numbers"))',
        "VALIDATE CONSTRAINT": """migrations.AddConstraint(
            "order", models.CheckConstraint(condition=models.Q(id__gt=0), name="from_one")
        )""",
    }
    counted = []
    for number, (what, operation) in enumerate(migrations.items(), 2):
        live.write(f"000{number}_more", operation)
        counted.append([what, *map(str, round_trips(live, monkeypatch))])
    rows = table(section("docs/how-it-works.md", "## Round trips"))
    assert [row[:3] for row in rows] == counted


def round_trips(project: Project, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Of the one operation of a migration: the statements for compiling it, and those of its last step."""
    counted: dict[str, int] = {}
    during = "before"

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal during
        counted[during] = counted.get(during, 0) + 1
        if during == "compile" and sql.startswith('INSERT INTO "django_safemigrate_migrationstep"'):
            during = "step"
        return execute(sql, params, many, context)

    class Report(TextReport):
        def __call__(self, event: Any) -> None:
            nonlocal during
            if isinstance(event, MigrationStarted):
                during = "compile"
            elif isinstance(event, StepDone):
                counted["last step"], counted["step"] = counted["step"], 0
            super().__call__(event)

    monkeypatch.setattr(safemigrate, "TextReport", Report)
    with connection.execute_wrapper(count):
        project.safemigrate()
    return counted["compile"], counted["last step"]


def test_the_system_checks_are_those_of_the_code() -> None:
    source = (PACKAGE / "checks.py").read_text()
    rows = table(section("docs/commands.md", "## System checks"))
    assert {row[0] for row in rows} == set(re.findall(r'"(django_safemigrate\.[EW]\d+)"', source))
