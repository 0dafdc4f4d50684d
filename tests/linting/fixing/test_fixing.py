"""What ``lintmigrations --fix`` writes: the finding is gone, the rest of the file is as it was, and the end is the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections

from django_safemigrate.linting.fixing import needed
from django_safemigrate.testing.schema import Schema, schema_of
from django_safemigrate.values.errors import DatabaseUnavailable, UsageError
from tests.support.database import new_database
from tests.support.project import Project

from .fixing import HEAD, begun, codes, lint, written

pytest.importorskip("postgast")
pytestmark = pytest.mark.postgres

SAFE = HEAD.replace("models\n\n", "models\n\nfrom django_safemigrate import Safe\n\n")

# The runner, the finding, the body of the class before and behind, and what stands above the class behind.
CASES = {
    "an index of Django's": (
        "migrate", "SM201",
        '    operations = [\n        # for the list\n        migrations.AddIndex(\n            "order",\n'
        '            models.Index(fields=["number"], name="by_number"),  # as the shop sorts\n        )\n    ]\n',
        '    operations = [\n        # for the list\n        AddIndexConcurrently(\n            "order",\n'
        '            models.Index(fields=["number"], name="by_number"),  # as the shop sorts\n        )\n    ]\n',
        HEAD.replace("from django.db", "from django.contrib.postgres.operations import AddIndexConcurrently\nfrom django.db")
        + "    atomic = False\n",
    ),
    "an index that goes": (
        "migrate", "SM202",
        '    operations = [migrations.RemoveIndex("order", "by_customer")]\n',
        '    operations = [RemoveIndexConcurrently("order", "by_customer")]\n',
        HEAD.replace(
            "from django.db", "from django.contrib.postgres.operations import RemoveIndexConcurrently\nfrom django.db"
        )
        + "    atomic = False\n",
    ),
    "CREATE INDEX": (
        "safemigrate", "SM201",
        '    operations = [\n        migrations.RunSQL(\n            """\n            create unique index by_number\n'
        '                on shop_order (number);  -- as the shop sorts\n            """,\n'
        "            'DROP INDEX by_number',\n        ),  # quick\n    ]\n",
        '    operations = [\n        migrations.RunSQL(\n            """\n'
        '            create unique index concurrently by_number\n'
        '                on shop_order (number);  -- as the shop sorts\n            """,\n'
        "            'DROP INDEX CONCURRENTLY by_number',\n        ),  # quick\n    ]\n",
        HEAD + "    atomic = False\n",
    ),
    "DROP INDEX": (
        "safemigrate", "SM202",
        '    operations = [migrations.RunSQL(sql="DROP INDEX IF EXISTS by_customer")]\n',
        '    operations = [migrations.RunSQL(sql="DROP INDEX CONCURRENTLY IF EXISTS by_customer")]\n',
        HEAD + "    atomic = False\n",
    ),
    "REINDEX": (
        "safemigrate", "SM203",
        '    operations = [migrations.RunSQL("REINDEX INDEX by_customer")]\n',
        '    operations = [migrations.RunSQL("REINDEX INDEX CONCURRENTLY by_customer")]\n',
        HEAD + "    atomic = False\n",
    ),
    "a statement that the server refuses in a transaction": (
        "safemigrate", "SM204",
        '    operations = [migrations.RunSQL("CREATE INDEX CONCURRENTLY a ON shop_order (number)")]\n',
        '    operations = [migrations.RunSQL("CREATE INDEX CONCURRENTLY a ON shop_order (number)")]\n',
        HEAD + "    atomic = False\n",
    ),
    "CHECK": (
        "safemigrate", "SM205",
        '    operations = [\n        migrations.RunSQL(\n'
        '            "ALTER TABLE shop_order ADD CONSTRAINT \\"more\\" CHECK (id > 0);",\n'
        '            reverse_sql="ALTER TABLE shop_order DROP CONSTRAINT more",\n        ),\n'
        '        migrations.RunSQL("SELECT 1"),\n    ]\n',
        '    operations = [\n        migrations.RunSQL(\n'
        '            "ALTER TABLE shop_order ADD CONSTRAINT \\"more\\" CHECK (id > 0) NOT VALID;",\n'
        '            reverse_sql="ALTER TABLE shop_order DROP CONSTRAINT more",\n        ),\n'
        '        migrations.RunSQL("ALTER TABLE shop_order VALIDATE CONSTRAINT more", migrations.RunSQL.noop),\n'
        '        migrations.RunSQL("SELECT 1"),\n    ]\n',
        HEAD,
    ),
    "a foreign key": (
        "migrate", "SM206",
        '    operations = [migrations.RunSQL("ALTER TABLE shop_order ADD CONSTRAINT \\"A key\\" FOREIGN KEY (customer)'
        ' REFERENCES shop_customer")]\n',
        '    operations = [migrations.RunSQL("ALTER TABLE shop_order ADD CONSTRAINT \\"A key\\" FOREIGN KEY (customer)'
        ' REFERENCES shop_customer NOT VALID"), '
        'migrations.RunSQL("ALTER TABLE shop_order VALIDATE CONSTRAINT \\"A key\\"")]\n',
        HEAD + "    atomic = False\n",
    ),
    "one inside": (
        "safemigrate", "SM205",
        "    operations = [\n        migrations.SeparateDatabaseAndState(\n            database_operations=[\n"
        '                migrations.RunSQL("ALTER TABLE public.shop_order ADD CONSTRAINT a CHECK (id > 0)"),\n'
        "            ],\n        ),\n    ]\n",
        "    operations = [\n        migrations.SeparateDatabaseAndState(\n            database_operations=[\n"
        '                migrations.RunSQL("ALTER TABLE public.shop_order ADD CONSTRAINT a CHECK (id > 0) NOT VALID"),\n'
        '                migrations.RunSQL("ALTER TABLE public.shop_order VALIDATE CONSTRAINT a"),\n'
        "            ],\n        ),\n    ]\n",
        HEAD,
    ),
    "a suppression that is for nothing": (
        "safemigrate", "SM903",
        "    operations = [\n        # safemigrate: ignore[SM206] -- it was so\n"
        '        migrations.RunSQL("SELECT 1"),  # safemigrate: ignore[SM207] -- it was so\n    ]\n',
        '    operations = [\n        migrations.RunSQL("SELECT 1"),\n    ]\n',
        HEAD,
    ),
}  # fmt: skip


@pytest.fixture
def shop(database: None, project: Project) -> Project:
    begun(project)
    return project


def ends(project: Project, directory: Path) -> Schema:
    """The schema that the migrations lead to, in a new database, run by Django."""
    project._forget_modules()
    directory.mkdir()
    with new_database(directory):
        call_command("migrate", "shop", verbosity=0)
        found = schema_of(connection)
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_finding_goes_and_the_end_is_the_same(shop: Project, tmp_path: Path, case: str) -> None:
    runner, code, body, corrected, head = CASES[case]
    path = written(shop, body)
    assert code in codes(shop, "--runner", runner)
    before = ends(shop, tmp_path / "before") if code != "SM204" else None
    shown = lint(shop, "--runner", runner, "--fix")
    assert path.read_text() == f'{head}    dependencies = [("shop", "0001_initial")]\n\n{corrected}'
    assert "--- " in shown
    assert "corrected. Look at the files, and commit them." in shown
    left = codes(shop, "--runner", runner)
    assert code not in left
    assert "SM207" not in left
    after = ends(shop, tmp_path / "after")
    assert before in (None, after)


def test_an_operation_that_django_refuses_in_a_transaction(shop: Project, tmp_path: Path) -> None:
    head = HEAD.replace(
        "from django.db", "from django.contrib.postgres.operations import AddIndexConcurrently\nfrom django.db"
    )
    operations = '    operations = [AddIndexConcurrently("order", models.Index(fields=["number"], name="a"))]\n'
    path = written(shop, operations, head)
    assert "SM402" in codes(shop)
    lint(shop, "--fix")
    assert path.read_text().startswith(f"{head}    atomic = False\n")
    assert "SM402" not in codes(shop)
    assert ("shop_order", "index a") in ends(shop, tmp_path / "after")


def test_another_server_builds_nothing_concurrently(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(shop, '    operations = [migrations.RemoveIndex("order", "by_customer")]\n')
    before = path.read_text()
    settings = {
        **connections.settings,
        "other": {**connections.settings["default"], "ENGINE": "django.db.backends.sqlite3"},
    }
    monkeypatch.setattr(connections, "settings", settings)
    assert "Nothing to correct." in lint(shop, "--runner", "migrate", "--fix")
    assert path.read_text() == before


def test_only_shown(shop: Project) -> None:
    path = written(shop, '    operations = [migrations.RunSQL("DROP INDEX by_customer")]\n')
    before = path.read_text()
    shown = lint(shop, "--diff")
    assert path.read_text() == before
    assert '-    operations = [migrations.RunSQL("DROP INDEX by_customer")]' in shown
    assert '+    operations = [migrations.RunSQL("DROP INDEX CONCURRENTLY by_customer")]' in shown
    assert "+    atomic = False" in shown
    assert "1 finding can be corrected." in shown
    assert "SM202" in lint(shop, "--diff", "--json")


@pytest.mark.parametrize(
    ("runner", "body"),
    [
        ("safemigrate", '[migrations.RunSQL("CREATE INDEX a ON shop_order (number)"), migrations.RunSQL("SELECT 1")]'),
        ("safemigrate", '[migrations.RunSQL("CREATE INDEX a ON shop_order (number); CREATE INDEX b ON shop_order (id)")]'),
        ("safemigrate", '[migrations.RunSQL("CREATE INDEX a " "ON shop_order (number)")]'),
        ("safemigrate", '[migrations.RunSQL(["CREATE INDEX a ON shop_order (number)"])]'),
        ("safemigrate", '[migrations.RunSQL("CREATE INDEX a ON shop_order (number, (\'create index\'))")]'),
        ("safemigrate", '[migrations.RunSQL("ALTER TABLE shop_order ADD CHECK (id > 0)")]'),
        ("safemigrate", '[migrations.RunSQL("ALTER TABLE shop_order ADD CONSTRAINT a CHECK (id > 0), ADD COLUMN b int")]'),
        ("safemigrate", '[migrations.RunSQL("ALTER TABLE shop_order ADD CONSTRAINT a CHECK (id > 0) -- so")]'),
        ("safemigrate", '[migrations.RunSQL("CREATE INDEX CONCURRENTLY a ON shop_order (id); SELECT 1")]'),
        ("safemigrate", 'list([migrations.RunSQL("DROP INDEX by_customer")])'),
        ("migrate", '[migrations.AddIndex("order", models.Index(fields=["number"], name="a")),'
         ' migrations.RunSQL("SELECT 1")]'),
        ("migrate", '[migrations.AlterField("order", "number", models.CharField(max_length=9, db_index=True))]'),
        ("migrate", '[migrations.RunSQL("ALTER TABLE shop_order ADD CONSTRAINT a CHECK (id > 0)"),'
         ' migrations.RunSQL("SELECT 1")]'),
    ],
)  # fmt: skip
def test_what_needs_thought_is_left_alone(shop: Project, runner: str, body: str) -> None:
    path = written(shop, f"    operations = {body}\n")
    before = path.read_text()
    assert "Nothing to correct." in lint(shop, "--runner", runner, "--fix")
    assert path.read_text() == before


def test_a_wrong_phase_is_turned(shop: Project) -> None:
    path = written(
        shop, '    safe = Safe.before_deploy()  # soon\n    operations = [migrations.DeleteModel("Customer")]\n', SAFE
    )
    assert "SM102" in codes(shop)
    assert "1 finding corrected" in lint(shop, "--fix")
    assert "    safe = Safe.after_deploy()  # soon\n" in path.read_text()
    assert "SM102" not in codes(shop)


def test_a_phase_that_is_not_written_as_one_is_left_alone(shop: Project) -> None:
    operations = '    operations = [migrations.DeleteModel("Customer")]\n'
    head = SAFE.replace("\n\n\nclass", "\n\nBEFORE = Safe.before_deploy()\n\n\nclass")
    path = written(shop, f"    safe = BEFORE\n{operations}", head)
    before = path.read_text()
    assert "SM102" in codes(shop)
    lint(shop, "--fix")
    assert path.read_text() == before


def test_what_mixes_phases_is_split(shop: Project) -> None:
    operations = """[
        migrations.AddField("order", "note", models.TextField(null=True)),
        migrations.DeleteModel("Customer"),  # nobody buys
    ]
"""
    written(shop, f"    operations = {operations}")
    assert "SM101" in codes(shop)
    shown = lint(shop, "--fix")
    assert "+++ " in shown
    assert "0003_change_contract.py" in shown
    assert "nobody buys" in shop.text("0003_change_contract")
    assert "DeleteModel" not in shop.text("0002_change")
    assert codes(shop) == []


def test_one_that_cannot_be_split_is_said(shop: Project) -> None:
    written(
        shop,
        """    operations = [
        migrations.AddField("order", "note", models.TextField(null=True)),
    ] + [migrations.DeleteModel("Customer")]
""",
    )
    assert "SM101 in shop.0002_change is not corrected: The file of shop.0002_change cannot be taken apart" in lint(
        shop, "--fix"
    )


def test_what_is_applied_stays(shop: Project) -> None:
    path = written(shop, '    operations = [migrations.RunSQL("DROP INDEX by_customer")]\n')
    shop.migrate("shop")
    before = path.read_text()
    assert "SM202 in shop.0002_change is not corrected: shop.0002_change is applied, and stays as it is." in lint(
        shop, "--fix"
    )
    assert path.read_text() == before


def test_what_is_installed_stays(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from django_safemigrate.linting.files import Files

    path = written(shop, '    operations = [migrations.RunSQL("DROP INDEX by_customer")]\n')
    before = path.read_text()
    monkeypatch.setattr(Files, "is_installed", lambda self, app_label: True)
    assert "Nothing to correct." in lint(shop, "--fix")
    assert path.read_text() == before


def test_one_code_of_several_goes(shop: Project) -> None:
    path = written(shop, """    operations = [
        # safemigrate: ignore[SM202, SM206] -- it is small
        migrations.RunSQL("DROP INDEX by_customer"),
    ]
""")  # fmt: skip
    lint(shop, "--fix")
    assert "        # safemigrate: ignore[SM202] -- it is small\n" in path.read_text()


def test_a_docstring_stays_first_and_an_attribute_is_changed_in_its_place(shop: Project) -> None:
    path = written(shop, '    atomic = True\n    operations = [migrations.RunSQL("DROP INDEX by_customer")]\n',
                   HEAD + '    """What it does."""\n\n')  # fmt: skip
    lint(shop, "--fix")
    assert "    atomic = False\n    operations = [" in path.read_text()
    other = written(
        shop, '    operations = [migrations.RunSQL("DROP INDEX by_customer")]\n', HEAD + '    """So."""\n\n'
    )
    lint(shop, "--fix")
    assert '    """So."""\n    atomic = False\n\n    dependencies' in other.read_text()


def test_without_the_library_it_is_said(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    written(shop, "    operations = []\n")
    monkeypatch.setattr(needed, "find_spec", lambda name: None)
    with pytest.raises(
        UsageError, match=r"libcst is not installed.*\n.*\nRun: pip install 'django-safemigrate-pg\[fix\]'"
    ):
        lint(shop, "--fix")


def test_without_a_database_nobody_knows_what_is_applied(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    written(shop, "    operations = []\n")
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        patch.setitem(connection.settings_dict, "PORT", "1")
        with pytest.raises(DatabaseUnavailable, match="--fix rewrites none of those"):
            lint(shop, "--fix")
