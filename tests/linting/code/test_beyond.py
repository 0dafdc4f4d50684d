"""What code does beside reading and writing rows."""

from __future__ import annotations

import pytest

from tests.support.project import Project

from .looking import codes, findings

HEAD = """
import subprocess, time, urllib.request
from django.core import mail
from django.core.mail import send_mail
from django.db import connection, transaction

def fill(apps, schema_editor):
    """


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ("send_mail('a', 'b', None, ['c@example.com'])", "fill() sends mail."),
        ("mail.EmailMessage('a').send()", "fill() sends mail."),
        ("urllib.request.urlopen('https://example.com')", "fill() talks to another service."),
        ("subprocess.run(['true'])", "fill() starts another program."),
        ("from requests import Session; Session().get('https://example.com')", "fill() talks to another service."),
        ("import httpx as web; web.post('https://example.com')", "fill() talks to another service."),
    ],
)
def test_what_no_rollback_takes_back(project: Project, line: str, fact: str) -> None:
    [found] = findings(project, HEAD + line)
    assert (found.code.code, found.fact, found.place.line) == ("SM309", fact, 13)


def test_work_for_a_task_queue(project: Project) -> None:
    code = "class Task:\n    __module__ = 'celery.app.task'\n\ntask = Task()\n" + HEAD + "task.delay()"
    [found] = findings(project, code)
    assert (found.code.code, found.fact) == ("SM309", "fill() gives work to a task queue.")


@pytest.mark.parametrize(
    "line",
    [
        "from urllib.parse import quote; quote('a')",
        "from requests import RequestException; RequestException()",
        "subprocess.CalledProcessError(1, '')",
        "unknown.delay()",
        "mail.outbox = []",
    ],
)
def test_what_only_looks_like_it(project: Project, line: str) -> None:
    assert codes(project, HEAD + line) == []


def test_it_sleeps_in_its_transaction(project: Project) -> None:
    [found] = findings(project, HEAD + "time.sleep(1)")
    assert (found.code.code, found.fact) == ("SM310", "fill() sleeps in its transaction.")
    assert codes(project, HEAD + "time.sleep(1)", attributes="    atomic = False\n") == []


@pytest.mark.parametrize(
    "call",
    ["transaction.commit", "transaction.rollback", "connection.commit", "schema_editor.connection.set_autocommit"],
)
def test_it_ends_a_transaction_that_is_not_its_own(project: Project, call: str) -> None:
    [found] = findings(project, f"{HEAD}{call}()")
    assert (found.code.code, found.fact) == (
        "SM311",
        f"fill() calls {call}() in the transaction of its migration.",
    )
    assert codes(project, f"{HEAD}{call}()", attributes="    atomic = False\n") == []


def test_it_changes_the_schema(project: Project) -> None:
    code = HEAD + "schema_editor.create_model(1); schema_editor.create_model(2); schema_editor.quote_name('a')"
    [found] = findings(project, code)
    assert (found.code.code, found.fact) == ("SM308", "fill() calls schema_editor.create_model().")
    inside = HEAD + "with connection.schema_editor() as editor: editor.add_field(1, 2)"
    assert codes(project, inside) == ["SM308"]


def test_a_module_that_is_not_loaded_is_not_known(project: Project) -> None:
    assert codes(project, HEAD + "import no_such_module; no_such_module.post('x')") == []
    assert codes(project, HEAD + "from .. import nothing; nothing.post('x')") == []


def test_code_without_a_text_is_left_alone(project: Project) -> None:
    made = """
namespace = {}
exec("def fill(apps, schema_editor): raise ValueError", namespace)
fill = namespace["fill"]
"""
    assert codes(project, made) == []
    two = "migrations.RunPython(lambda apps, editor: 1, lambda apps, editor: 2)"
    assert codes(project, "", operations=two) == []
