"""The text of a migration, changed in places."""

from __future__ import annotations

import libcst as cst
import pytest

from django_safemigrate.linting.fixing.file import MigrationFile

CLASS = "\n\nclass Migration(migrations.Migration):\n    operations = [a.First(), b, c.Second([d])]\n"
ADDED = "from django.contrib.postgres.operations import AddIndexConcurrently\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from django.db import migrations\n", ADDED + "from django.db import migrations\n"),
        (
            "# Why.\nfrom __future__ import annotations\n\nimport os\n\n# Django's.\nfrom django.db import models\n",
            "# Why.\nfrom __future__ import annotations\n\nimport os\n\n# Django's.\n"
            + ADDED
            + "from django.db import models\n",
        ),
        ("import os\n", "import os\n" + ADDED),
        (ADDED, ADDED),
        (ADDED.replace("import Add", "import (\n    BtreeGinExtension,\n    Add").rstrip() + ",\n)\n", None),
        ("from django.apps import apps\nfrom shop import x\n", "from django.apps import apps\nfrom shop import x\n" + ADDED),
    ],
)  # fmt: skip
def test_imports(before: str, after: str | None) -> None:
    file = MigrationFile.parsed(before + CLASS)
    changed = file.with_import("django.contrib.postgres.operations", "AddIndexConcurrently")
    assert changed.text == (before if after is None else after) + CLASS


def test_operations_by_their_places() -> None:
    file = MigrationFile.parsed("import a" + CLASS)
    first, second = file.operation("0"), file.operation("2")
    assert isinstance(first, cst.Call)
    assert isinstance(second, cst.Call)
    assert file.operation("1") is None
    assert file.operation("3") is None
    assert file.operation("0.0") is None
    assert "[a.First(), b, x(), y()]" in file.with_operation(second, _call("x()"), _call("y()")).text
    with pytest.raises(ValueError, match="another file"):
        file.with_operation(_call("x()"))


def test_attributes() -> None:
    file = MigrationFile.parsed("import a" + CLASS)
    assert file.source("operations") == "[a.First(), b, c.Second([d])]"
    assert file.source("atomic") == ""
    assert "Migration):\n    atomic = False\n    operations" in file.with_attribute("atomic", "False").text
    with pytest.raises(ValueError, match="no class Migration"):
        MigrationFile.parsed("import a\n").source("atomic")


def _call(text: str) -> cst.Call:
    return cst.ensure_type(cst.parse_expression(text), cst.Call)
