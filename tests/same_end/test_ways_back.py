"""Before 6.0, Django's autodetector may take a field away before an index of it: by Django, that has no way back."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations import AddField, DeleteModel, RemoveConstraint, RemoveField, RemoveIndex
from django.db.migrations.operations.base import Operation

from django_safemigrate.values.errors import UsageError
from tests.same_end.case import model
from tests.same_end.compare import History, Run, Server, StockRefuses
from tests.support.database import execute

pytestmark = pytest.mark.postgres

INDEX = models.Index(fields=["b", "c"], name="alpha_b_c")
UNIQUE = models.UniqueConstraint(fields=["b", "c"], name="alpha_b_c_u")


@pytest.mark.parametrize(
    ("options", "gone"),
    [
        ({"indexes": [INDEX]}, RemoveIndex("alpha", INDEX.name)),
        ({"constraints": [UNIQUE]}, RemoveConstraint("alpha", "alpha_b_c_u")),
    ],
    ids=["index", "constraint"],
)
def test_an_index_of_a_removed_field_comes_back(
    server: Server, empty: str, history: History, options: dict[str, list[object]], gone: Operation
) -> None:
    fields = {"b": models.IntegerField(), "c": models.IntegerField(null=True)}
    history.write("0001_before", [model("Alpha", options=options, **fields)])
    with server.database(empty) as start:
        with server.using(start):
            history.stock("0001_before")
            execute("INSERT INTO shop_alpha (b, c) VALUES (1, 2), (2, NULL)")
        ours = Run(server, start, (), history.ours)
        before = ours.to("0001_before").schema
        change = [RemoveField("alpha", "c"), gone, AddField("alpha", "d", models.IntegerField(null=True))]
        history.write("0002_change", change)
        assert "alpha_b_c" not in "\n".join(ours.to("0002_change").schema)
        with server.database(start) as copy, pytest.raises(StockRefuses, match="has no field named 'c'"):
            Run(server, copy, (), history.stock).to("0001_before")
        assert ours.to("0001_before").schema == before


def test_what_cannot_come_back_is_said_before_anything_is_touched(server: Server, empty: str, history: History) -> None:
    fields = {"b": models.IntegerField(), "c": models.IntegerField(null=True)}
    history.write("0001_before", [model("Alpha", options={"indexes": [INDEX]}, **fields), model("Beta")])
    history.write(
        "0002_change",
        [RemoveField("alpha", "c"), DeleteModel("Alpha"), AddField("beta", "d", models.IntegerField(null=True))],
    )
    with server.database(empty) as name:
        ours = Run(server, name, (), history.ours)
        end = ours.to("0002_change").schema
        with pytest.raises(UsageError) as refused:
            ours.to("0001_before")
        assert refused.value.fact == (
            "shop.0002_change: Delete model Alpha cannot be undone.\nAlpha has no field named 'c'."
        )
        assert server.end(name, ()).schema == end
        history.project._forget_modules()
        text = history.project.text("0002_change")
        whole = text.replace("operations = [", "operations = [migrations.RemoveIndex('alpha', 'alpha_b_c'),")
        (history.project.directory / "0002_change.py").write_text(whole)
        assert "alpha_b_c" in "\n".join(ours.to("0001_before").schema)
