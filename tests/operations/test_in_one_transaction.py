"""InOneTransaction: all of its operations or none, forwards and backwards, also in a migration that is not atomic."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations.operations import AddField, RemoveField, RunPython, RunSQL
from django.db.migrations.writer import OperationWriter

from django_safemigrate.operations import InOneTransaction
from tests.support.database import rows
from tests.support.project import Project

pytestmark = pytest.mark.postgres

OPERATIONS = """
InOneTransaction([
    migrations.AddField("order", "note", models.TextField(null=True)),
    migrations.AddField("order", "more", models.TextField(null=True)),
    migrations.RunSQL("UPDATE shop_order SET note = 'x', more = 'y'", migrations.RunSQL.noop),
]),
"""


def write(project: Project, operations: str, **attributes: str) -> None:
    project.write("0002_both", operations, **attributes)
    file = project.directory / "0002_both.py"
    line = "from django_safemigrate import Safe\n"
    file.write_text(
        file.read_text().replace(line, f"{line}from django_safemigrate.operations import InOneTransaction\n")
    )


def columns() -> set[str]:
    return {name for (name,) in rows("SELECT attname FROM pg_attribute WHERE attrelid = 'shop_order'::regclass")}


@pytest.mark.parametrize("atomic", ["True", "False"])
def test_it_runs_forwards_and_backwards(live: Project, atomic: str) -> None:
    write(live, OPERATIONS, atomic=atomic)
    assert "because InOneTransaction is not Django's" in live.safemigrate("--plan")
    live.safemigrate()
    assert rows("SELECT DISTINCT note, more FROM shop_order") == [("x", "y")]
    live.safemigrate("shop", "0001")
    assert not {"note", "more"} & columns()
    live.migrate()
    assert {"note", "more"} <= columns()


@pytest.mark.parametrize("atomic", ["True", "False"])
def test_half_of_it_never_stays(live: Project, atomic: str) -> None:
    write(live, OPERATIONS.replace("more = 'y'", "nothing = 'y'"), atomic=atomic)
    with pytest.raises(Exception, match="nothing"):
        live.safemigrate()
    assert not {"note", "more"} & columns()


def test_it_is_what_its_operations_are() -> None:
    field = models.IntegerField(null=True)
    both = InOneTransaction([RemoveField("Order", "a"), AddField("Order", "b", field)])
    assert both.model_name == "Order"
    assert both.reversible
    assert both.reduces_to_sql
    assert both.migration_name_fragment == "order_b"
    assert both.references_model("order", "shop")
    assert both.references_field("order", "a", "shop")
    assert not both.references_field("line", "a", "shop")
    code = InOneTransaction([AddField("Order", "b", field), AddField("Line", "b", field), RunPython(RunPython.noop)])
    assert code.model_name is None
    assert not code.reversible
    assert not code.reduces_to_sql
    assert InOneTransaction([]).migration_name_fragment is None
    assert InOneTransaction([RunSQL("SELECT 1")]).describe() == "In one transaction: Raw SQL operation"


def test_it_is_written_into_a_file() -> None:
    text, imports = OperationWriter(InOneTransaction([RemoveField("order", "a")])).serialize()
    assert "operations=[\n" in text
    assert "migrations.RemoveField(" in text
    assert imports >= {"import django_safemigrate.operations"}
