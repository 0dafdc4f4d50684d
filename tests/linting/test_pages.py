"""The pages about the review say what the code says."""

from __future__ import annotations

import ast
import re

from django.core.management import load_command_class

from django_safemigrate.linting.checks import all_codes
from django_safemigrate.reporting.findings import FORMATS
from django_safemigrate.values import linting
from tests.test_docs import ROOT, section, table, text

CODES = text("docs/lint-codes.md")


def test_every_code_has_its_section_in_order() -> None:
    headings = re.findall(r"^## (SM.*)$", CODES, re.MULTILINE)
    assert headings == [f"{code.code} {code.name}" for code in all_codes().values()]


def test_a_finding_leads_to_its_section() -> None:
    for code in all_codes().values():
        assert code.url.endswith(f"lint-codes.html#{code.code.lower()}-{code.name}")


def test_codes_with_one_command_only_say_so() -> None:
    for code in all_codes().values():
        if code.only_with is not None:
            assert f"with `{code.only_with.value}`" in section("docs/lint-codes.md", f"## {code.code} {code.name}"), (
                code
            )


def test_the_settings_are_those_of_the_code() -> None:
    rows = table(section("docs/lint.md", "## Settings"))
    assert [row[0] for row in rows] == list(linting._READERS)
    defaults = linting.LintSettings()
    for key, default, _ in rows:
        assert linting._READERS[key][0](ast.literal_eval(default)) == getattr(defaults, key.lower()), key


def test_the_options_are_those_of_the_command() -> None:
    parser = load_command_class("django_safemigrate", "lintmigrations").create_parser("manage.py", "lintmigrations")
    own = {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
    django = {"--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color"}
    shown = {row[0].split()[0] for row in table(section("docs/lint.md", "## Options"))}
    assert shown == own - django - {"--force-color", "--skip-checks"}
    (forms,) = re.findall(r"--format FORMAT` \| (.*) \|", section("docs/lint.md", "## Options"))
    assert re.findall(r"`(\w+)`", forms) == list(FORMATS)


def test_the_hook_is_the_one_on_the_page() -> None:
    own = {line.strip(" -") for line in (ROOT / ".pre-commit-hooks.yaml").read_text().splitlines()}
    (shown,) = (
        block for block in re.findall(r"```yaml\n(.*?)```", text("docs/lint.md"), re.DOTALL) if "repos:" in block
    )
    lines = [line.strip(" -") for line in shown.partition("hooks:\n")[2].splitlines()]
    assert set(lines) <= own
    files, exclude = (
        next(line.split(": ")[1] for line in lines if line.startswith(key)) for key in ("files", "exclude")
    )
    assert re.search(files, "shop/migrations/0002_notes.py")
    assert re.search(exclude, "shop/migrations/__init__.py")
    assert not re.search(files, "shop/models.py")
