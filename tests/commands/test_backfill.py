"""``manage.py backfill``: looking, working, and telling a backfill what to do while it runs elsewhere."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command, load_command_class
from django.core.management.base import CommandError
from django.db import connection

from django_safemigrate.doing.backfill import shift
from django_safemigrate.doing.backfill import worker as working
from django_safemigrate.models import Backfill, BackfillChunk
from tests.support.backfills import NAME, PACED, at_once, begin, changed, pace
from tests.support.database import another_session, execute, is_postgres, value
from tests.support.project import Project
from tests.support.waiting import Clock, wait_for
from tests.tasks.processes import environment, wait_until, worker
from tests.test_docs import section, table


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def refusal(project: Project, *command: str) -> CommandError:
    with pytest.raises(CommandError) as error:
        project.run("backfill", *command)
    return error.value


@pytest.mark.skipif(is_postgres(), reason="of other databases")
def test_elsewhere_there_are_none(database: None, project: Project) -> None:
    error = refusal(project, "list")
    assert error.returncode == 2
    assert str(error).startswith("The database 'default' is sqlite.\n")


postgres = pytest.mark.postgres

DONE = "SELECT count(*) FROM item WHERE state = 'done'"


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock takes 10 ms, and nothing else takes any time: half a second is always some batches long."""
    clock = Clock(tick=0.01)
    for module in (shift, working):
        monkeypatch.setattr(module, "time", clock)


@postgres
def test_before_the_first_one(database: None, project: Project) -> None:
    assert project.run("backfill", "list") == "No backfill was begun here yet.\n"
    assert re.fullmatch(r" +[\d.]+ s  Nothing is left to do\.\n", project.run("backfill", "work"))
    error = refusal(project, "pause", "shop.0002_fill")
    assert (error.returncode, str(error).splitlines()[0]) == (
        2,
        "No backfill was ever begun on the database 'default'.",
    )


@postgres
def test_it_works_until_nothing_is_left_and_each_row_was_changed_once(live: Project) -> None:
    begin()
    begin("other", 500)
    output = live.run("backfill", "work")
    assert output.endswith("Nothing is left to do.\n")
    assert changed() == [("done", 1, 20_000)]
    assert changed("other") == [("done", 1, 500)]
    listed = live.run("backfill", "list")
    assert f"{NAME}  item " in listed.replace("   ", "  ")
    assert "100%  20,000" in listed
    assert listed.count("done") == 3  # the head, too
    assert live.run("backfill", "work", "--json") != ""


@postgres
def test_a_backfill_by_several_processes(live: Project) -> None:
    begin(count=150_000)
    live.run("backfill", "work", "--processes", "3")
    assert changed() == [("done", 1, 150_000)]


@postgres
def test_its_time_is_bounded_and_the_next_call_goes_on(live: Project, steady: None) -> None:
    begin(count=5_000, batch_rows=50)
    output = live.run("backfill", "work", "--for", "500ms")
    assert output.endswith("The time is over; other workers, or the next call, go on from here.\n")
    assert 0 < value(DONE) < 5_000
    assert live.run("backfill", "set", NAME, "--batch-rows", "auto").startswith(f"Batches of {NAME} have as many rows")
    live.run("backfill", "work")
    assert changed() == [("done", 1, 5_000)]


@postgres
def test_what_is_shown_of_one_that_nobody_works_on(live: Project) -> None:
    backfill = begin(batch_rows=700)
    Backfill.objects.update(error="division by zero\nLINE 1")
    output = live.run("backfill", "list")
    assert f"  {NAME} has batches of 700 rows, as somebody has said\n" in output
    assert f"  {NAME} has failed: division by zero\n" in output
    assert f"  {NAME} has no worker: manage.py backfill work\n" in output
    [data] = lines(live.run("backfill", "list", "--json"))
    assert data["event"] == "backfills"
    [one] = data["backfills"]
    assert (one["number"], one["name"], one["table"], one["share"]) == (backfill.pk, NAME, "item", 0.0)
    assert (one["rows"], one["estimate"], one["rate"], one["left"], one["workers"]) == (0, 20_000, 0.0, None, [])
    assert (one["paused"], one["reason"], one["batch_rows"], one["background"]) == (False, "", 700, True)


@postgres
def test_paused_it_waits_and_once_does_not_wait_for_it(live: Project) -> None:
    begin()
    begin("other", 500)
    assert live.run("backfill", "pause", NAME) == f"{NAME} is paused: its workers stop within about a second.\n"
    output = live.run("backfill", "work", "--once")
    assert output.endswith("What is left is paused, or waits for something: manage.py backfill list\n")
    assert changed() == [("new", 0, 20_000)]
    assert changed("other") == [("done", 1, 500)], "it keeps nobody else from his turn"
    assert f"  {NAME} is paused: manage.py backfill resume {NAME}\n" in live.run("backfill", "list")
    assert live.run("backfill", "resume", "1") == f"{NAME} goes on.\n"
    live.run("backfill", "work", "--once")
    assert changed() == [("done", 1, 20_000)]


@postgres
def test_from_another_shell_while_it_runs(live: Project) -> None:
    """Paused, changed and resumed; and what the worker says meanwhile."""
    pace(0.05)
    begin(count=3_000, batch_rows=1, set_to=PACED)
    seen: list[int] = []

    def tell(*command: str) -> None:
        """In a thread, and so with a connection of its own: that of another shell."""
        call_command("backfill", *command, verbosity=0)
        connection.close()

    def pause() -> None:
        wait_for(lambda: value(DONE))
        tell("pause", NAME)

    def while_paused() -> None:
        with another_session() as session:
            for _ in range(2):
                row = session.execute(DONE).fetchone()
                assert row
                seen.append(row[0])
                if len(seen) < 2:
                    threading.Event().wait(0.5)
        at_once()
        tell("set", NAME, "--batch-rows", "500")
        tell("resume", NAME)

    live.when("filling", pause)
    live.when("paused", while_paused)
    output = live.run("backfill", "work")
    assert "filling, held back" in output
    assert seen[0] == seen[1]
    assert 0 < seen[0] < 3_000
    assert changed() == [("done", 1, 3_000)]
    assert Backfill.objects.get().batch_rows == 500


@postgres
def test_the_reason_of_a_throttle_is_shown_everywhere(live: Project, settings: Any) -> None:
    begin(count=500)
    execute("CREATE TABLE busy AS SELECT 'a report runs'::text AS why")
    settings.SAFEMIGRATE = {"THROTTLE": {"QUERIES": "SELECT why FROM busy", "INTERVAL": "50ms"}}
    listed: list[str] = []

    def look() -> None:
        listed.append(live.run("backfill", "list"))
        execute("TRUNCATE busy")
        connection.close()

    live.when("a report runs", look)
    output = live.run("backfill", "work")
    reason = "the query 'SELECT why FROM busy' says: a report runs"
    assert reason in output
    assert f"  {NAME} waits: {reason}\n" in listed[0]
    assert changed() == [("done", 1, 500)]


@postgres
def test_a_backfill_that_fails_keeps_nobody_from_the_others(live: Project) -> None:
    begin(set_to="(1 / (id - 7))::text")
    begin("other", 500)
    error = refusal(live, "work")
    assert (error.returncode, str(error).splitlines()[0]) == (1, f"{NAME} failed: division by zero")
    assert changed("other") == [("done", 1, 500)]
    assert Backfill.objects.get(name=NAME).error == "division by zero"
    assert BackfillChunk.objects.exclude(worker="").count() == 0
    with pytest.raises(CommandError):
        live.run("backfill", "work", "--json")


@postgres
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["pause", "shop.0002_fil:0.1"], "There is no backfill 'shop.0002_fil:0.1'. Did you mean shop.0002_fill:0.1?"),
        (["pause", "99"], "There is no backfill '99'."),
        (["resume", "shop"], "'shop' begins the name of 2 backfills: shop.0002_fill:0.1, shop.0002_fill:0.2."),
        (["set", NAME, "--batch-rows", "0"], "--batch-rows is '0'."),
        (["set", NAME, "--batch-rows", "many"], "--batch-rows is 'many'."),
        (["set", NAME], "the following arguments are required: --batch-rows"),
        (["work", "--processes", "0"], "--processes is 0."),
        (["work", "--once", "--wait"], "argument --wait: not allowed with argument --once"),
        (["work", "--for", "long"], "--for: 'long' is not a duration"),
        (["list", "--database", "nowhere"], "There is no database 'nowhere'."),
        ([], "the following arguments are required"),
        (["begin"], "invalid choice: 'begin'"),
    ],
)
def test_what_cannot_be_done_is_said_with_status_2(live: Project, command: list[str], said: str) -> None:
    begin()
    begin("other", 1)
    error = refusal(live, *command)
    assert said in str(error)
    if error.returncode != 1:  # Django's parser raises what it would print
        assert error.returncode == 2


@postgres
def test_one_that_is_over_cannot_be_paused(live: Project) -> None:
    begin(count=10)
    live.run("backfill", "work")
    error = refusal(live, "pause", NAME)
    assert str(error) == (f"The backfill {NAME} is over.\nThere is nothing to change.\nRun: manage.py backfill list")
    assert "No backfill is open." in str(refusal(live, "pause", "7"))


@postgres
def test_as_json(live: Project, capsys: Any) -> None:
    begin(count=2_000)
    assert [line["event"] for line in lines(live.run("backfill", "pause", NAME, "--json"))] == ["paused"]
    [line] = lines(live.run("backfill", "set", NAME, "--batch-rows", "100", "--json"))
    assert (line["event"], line["name"], line["batch_rows"]) == ("changed", NAME, 100)
    assert [line["event"] for line in lines(live.run("backfill", "resume", NAME, "--json"))] == ["resumed"]
    said = lines(live.run("backfill", "work", "--json"))
    assert {line["event"] for line in said} == {"fill_progress", "shift_done"}
    assert (said[-1]["left"], said[-1]["failed"]) == ("nothing", [])


@postgres
def test_a_reason_that_a_lost_worker_has_left_is_not_shown_for_ever(live: Project, steady: None) -> None:
    begin(count=3_000, batch_rows=1)
    Backfill.objects.update(reason="the standby 'gone' is 1 s behind")
    live.run("backfill", "work", "--for", "500ms")
    assert Backfill.objects.get().reason == ""
    [line] = lines(live.run("backfill", "list", "--json"))
    assert 0 < line["backfills"][0]["share"] < 1


@postgres
@pytest.mark.slow
def test_ctrl_c_ends_all_its_processes_and_the_next_call_goes_on(live: Project, tmp_path: Path) -> None:
    pace(0.2)
    begin(count=60_000, batch_rows=20, set_to=PACED)
    log = tmp_path / "log"
    command = ["django", "backfill", "work", "--processes", "2"]
    with worker(log, *command, start_new_session=True) as process:
        sessions = "SELECT count(DISTINCT session) FROM django_safemigrate_backfillchunk"
        wait_until(lambda: value(sessions) == 2, log)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it
        assert process.wait(90) == 130
    assert "Interrupted; other workers, or the next call, go on from here." in log.read_text()
    assert "Traceback" not in log.read_text()
    # The server notices that a client is gone when it next writes to it; a vacuum is nobody's client.
    clients = "datname = current_database() AND backend_type = 'client backend'"
    wait_until(lambda: value(f"SELECT count(*) FROM pg_stat_activity WHERE {clients}") == 1, log)
    at_once()
    live.run("backfill", "set", NAME, "--batch-rows", "5000")
    live.run("backfill", "work")
    assert changed() == [("done", 1, 60_000)]


@postgres
def test_it_waits_for_the_next_one(live: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shift, "time", Clock())
    begin(count=500)

    def begin_another() -> None:
        live.triggers["waiting"] = tell_to_stop
        begin("other", 500)

    live.triggers["waiting"] = begin_another
    output = live.run("backfill", "work", "--wait")
    assert output.count("Nothing is left to do; waiting for the next backfill.") == 2
    assert output.endswith("Told to stop; other workers, or the next call, go on from here.\n")
    assert changed() == changed("other") == [("done", 1, 500)]


def tell_to_stop() -> None:
    """Somebody says SIGTERM to this process, which the command hears as soon as it has written what it is writing."""
    os.kill(os.getpid(), signal.SIGTERM)


@postgres
@pytest.mark.parametrize("format", [[], ["--json"]], ids=["text", "json"])
def test_while_it_waits_one_that_has_failed_is_tried_again(
    live: Project, monkeypatch: pytest.MonkeyPatch, format: list[str]
) -> None:
    monkeypatch.setattr(shift, "time", Clock())
    execute("CREATE TABLE divisor AS SELECT 0 AS n")
    begin(count=500, set_to="(SELECT 'done' FROM divisor WHERE 1 / n = 1)")

    def correct() -> None:
        live.triggers["wait"] = tell_to_stop
        execute("UPDATE divisor SET n = 1")

    live.triggers["wait"] = correct
    output = live.run("backfill", "work", "--wait", *format)
    assert changed() == [("done", 1, 500)]
    if format:
        said = lines(output)
        assert [line["event"] for line in said if line["event"] != "fill_progress"] == [
            *("backfill_failed", "shift_waits", "shift_waits", "shift_done")
        ]
        assert (said[-1]["left"], said[-1]["failed"]) == ("nothing", [])
    else:
        assert f"{NAME} failed, and is tried again in 60 s: division by zero\n" in output


@postgres
@pytest.mark.slow
def test_sigterm_ends_all_its_processes_in_order(live: Project, tmp_path: Path) -> None:
    pace(0.2)
    begin(count=60_000, batch_rows=20, set_to=PACED)
    log = tmp_path / "log"
    with worker(log, "django", "backfill", "work", "--processes", "2", "--wait") as process:
        wait_until(lambda: value("SELECT count(DISTINCT session) FROM django_safemigrate_backfillchunk") == 2, log)
        process.terminate()
        assert process.wait(90) == 0
    assert log.read_text().endswith("Told to stop; other workers, or the next call, go on from here.\n")
    assert value("SELECT count(*) FROM django_safemigrate_backfillchunk WHERE worker <> ''") == 0
    at_once()
    live.run("backfill", "set", NAME, "--batch-rows", "5000")
    live.run("backfill", "work")
    assert changed() == [("done", 1, 60_000)]


MANAGE = """
import os, sys
open(os.environ["STARTS"], "a").write("started ")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""


@postgres
@pytest.mark.slow
def test_a_script_that_does_not_ask_whether_it_is_the_main_one_is_not_run_again(live: Project, tmp_path: Path) -> None:
    pace(0.3)
    begin(count=30_000, batch_rows=100, set_to=PACED.replace("'done'", "pg_backend_pid()::text"))
    starts, script, log = tmp_path / "starts", tmp_path / "manage.py", tmp_path / "log"
    script.write_text(MANAGE)
    command = [sys.executable, str(script), "backfill", "work", "--processes", "2"]
    with (
        log.open("w") as output,
        subprocess.Popen(command, env=environment(STARTS=str(starts)), stdout=output, stderr=output) as process,
    ):
        try:
            wait_until(lambda: value("SELECT count(DISTINCT state) FROM item WHERE state <> 'new'") == 2, log)
            at_once()
            assert process.wait(90) == 0, log.read_text()
        finally:
            process.kill()
    assert starts.read_text() == "started "
    assert value("SELECT count(*) FROM item WHERE state = 'new'") == 0


@pytest.mark.parametrize("action", ["list", "work", "pause", "resume", "set"])
def test_the_page_has_the_options_of_the_command(action: str) -> None:
    """``--database`` and ``--json``, which every action has, are in a sentence."""
    parser = load_command_class("django_safemigrate", "backfill").create_parser("manage.py", "backfill")
    (actions,) = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    assert set(actions.choices) == {row[0] for row in table(section("docs/commands.md", "## backfill"))}
    options = {
        option for one in actions.choices[action]._actions for option in one.option_strings if option[:2] == "--"
    }
    own = options - {"--help", "--database", "--json"}
    if action == "work":
        assert own == {row[0].split()[0] for row in table(section("docs/commands.md", "## backfill"), 1)}
    else:
        assert own == ({"--batch-rows"} if action == "set" else set())


EXPRESSION = 'Backfill("order", {"coupon": F("number")}, where=Q(coupon=""), background=True),'
CODE = 'Backfill("order", by_code, fields=["coupon"], where=Q(coupon=""), background=True),'
HEAD = """
from django.db.models import F, Q

from django_safemigrate.operations import Backfill


def by_code(orders):
    for order in orders:
        order.coupon = order.number
"""
ADD = 'migrations.AddField("order", "note", models.IntegerField(null=True)),'


@postgres
@pytest.mark.parametrize("fill", [EXPRESSION, CODE], ids=["expression", "code"])
def test_what_a_migration_leaves_to_workers(live: Project, fill: str) -> None:
    """Whatever depends on it waits, until the workers have done it; then the same command goes on."""
    live.write("0002_fill", fill + ADD)
    path = live.directory / "0002_fill.py"
    path.write_text(path.read_text().replace("\n\nclass Migration", f"{HEAD}\n\nclass Migration", 1))
    live.write("0003_more", 'migrations.AddField("order", "more", models.IntegerField(null=True)),')
    name = "shop.0002_fill:0.1"
    output = live.safemigrate()
    assert f"waits: shop.0003_more for the backfill {name}\n" in output
    assert f"waits: shop.0002_fill for the backfill {name}\n" in output
    assert f"{name} has no worker: manage.py backfill work" in live.run("backfill", "list")
    live.run("backfill", "pause", "shop.0002_fill")
    assert "paused" in live.run("backfill", "list")
    live.run("backfill", "resume", "shop.0002_fill")
    live.run("backfill", "work")
    assert value("SELECT count(*) FROM shop_order WHERE coupon = number") == 1000
    output = live.safemigrate()
    assert "OK shop.0002_fill" in output
    assert "OK shop.0003_more" in output
    assert value("SELECT count(*) FROM shop_order WHERE note IS NULL AND more IS NULL") == 1000
