"""What a review spares itself: collecting garbage that is none, and loading what runs migrations."""

from __future__ import annotations

import gc
import subprocess
import sys

from django_safemigrate.linting.collecting import rarely_collecting

LOADED = """
import sys
from django.conf import settings
settings.configure(INSTALLED_APPS=["django_safemigrate"])
import django
django.setup()
import django_safemigrate.management.commands.lintmigrations
from django_safemigrate.linting.checks import all_checks
all_checks()
parts = {".".join(name.split(".")[1:3]) for name in sys.modules if name.startswith("django_safemigrate.")}
print(*sorted(parts & {"doing.runner", "doing.deploy", "doing.step_runner", "compile.online", "compile.statements"}))
"""


def test_the_collector_is_as_it_was_afterwards() -> None:
    usual = gc.get_threshold()
    with rarely_collecting():
        assert gc.get_threshold()[0] > usual[0]
        assert gc.get_freeze_count() > 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == (usual, 0)


def test_what_runs_migrations_is_not_loaded() -> None:
    said = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=170)
    assert said.stdout.strip() == ""
