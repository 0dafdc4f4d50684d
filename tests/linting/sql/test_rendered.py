"""Models that are rendered when they are asked for, and once: what they are is what Django would render."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.linting.sql import django
from django_safemigrate.linting.sql.rendered import OnDemand, Rendering
from django_safemigrate.linting.sql.sent import sent_by
from django_safemigrate.linting.states import LightState
from django_safemigrate.values.findings import MigratesWith
from tests.linting.sql.support import inspect

KEY = ("id", models.AutoField(primary_key=True))
LINE, PRODUCT = ("shop", "line"), ("shop", "product")


def history() -> list[Operation]:
    """Operations one after the other that come back to the same models, and change what these refer to."""
    to_product = models.ForeignKey("shop.Product", models.CASCADE)
    by_code = models.ForeignKey("shop.Product", models.CASCADE, to_field="code", related_name="+")
    return [
        migrations.CreateModel("Product", [KEY, ("code", models.CharField(max_length=9, unique=True))]),
        migrations.CreateModel("Line", [KEY, ("product", to_product), ("n", models.IntegerField())]),
        migrations.CreateModel("Part", [], bases=("shop.product",)),
        migrations.CreateModel("Box", [KEY, ("parts", models.ManyToManyField("shop.Part"))]),
        migrations.AddField("line", "code", by_code),
        migrations.AddIndex("line", models.Index(fields=["n"], name="by_n")),
        migrations.AddField("line", "m", models.IntegerField(null=True, db_index=True)),
        migrations.AlterField("line", "m", models.BigIntegerField(null=True)),
        migrations.RenameField("product", "code", "number"),
        migrations.AlterField("line", "code", models.OneToOneField("shop.Product", models.CASCADE, to_field="number")),
        migrations.AlterField("product", "id", models.BigAutoField(primary_key=True)),
        migrations.AddField("box", "line", models.ForeignKey("shop.Line", models.CASCADE, null=True)),
        migrations.AddField("product", "line", models.ForeignKey("shop.Line", models.CASCADE, null=True)),
        migrations.RenameModel("Line", "Item"),
        migrations.AlterModelTable("item", "items"),
        migrations.AddConstraint("item", models.CheckConstraint(condition=models.Q(n__gt=0), name="positive")),
        migrations.AlterOrderWithRespectTo("item", "product"),
        migrations.RenameModel("Part", "Piece"),
        migrations.RemoveField("item", "code"),
        migrations.AlterField("product", "number", models.CharField(max_length=5, unique=True)),
        migrations.DeleteModel("Box"),
    ]


def texts(rendering: Rendering | None) -> list[list[str]]:
    """What each of them sends; ``rendering``: of the run, or None for another one each time."""
    state, found = LightState(), []
    for operation in history():
        seen = inspect([operation], before=state.clone(), migrates_with=MigratesWith.MIGRATE)
        seen.rendering = rendering or Rendering()
        found.append([one.text.sql for one in sent_by(seen)])
        operation.state_forwards("shop", state)
    return found


def test_a_whole_history_sends_what_it_does_with_all_models(monkeypatch: pytest.MonkeyPatch) -> None:
    once, anew = texts(Rendering()), texts(None)
    monkeypatch.setattr(django.Djangos, "_on_demand", lambda self, state, together: state)
    assert once == anew == texts(None)
    assert all(once)  # so none of them has failed, which is silent


def state(*more: tuple[str, Any]) -> ProjectState:
    made = LightState()
    made.add_model(ModelState("shop", "Product", [KEY]))
    made.add_model(
        ModelState("shop", "Line", [KEY, ("product", models.ForeignKey("shop.Product", models.CASCADE)), *more])
    )
    return made


class TestRendering:
    def test_what_has_not_changed_is_rendered_once(self) -> None:
        rendering, before = Rendering(), state()
        made = rendering.registry(before, (LINE,))
        assert rendering.registry(before.clone(), (LINE,)) is made
        migrations.AlterModelOptions("product", {"ordering": ["id"]}).state_forwards("shop", before)
        assert rendering.registry(before, (LINE,)) is made  # of which a stub has nothing

    @pytest.mark.parametrize(
        "operation",
        [
            migrations.AddField("line", "n", models.IntegerField()),
            migrations.AlterModelOptions("line", {"ordering": ["id"]}),
            migrations.AlterField("product", "id", models.BigAutoField(primary_key=True)),
            migrations.AlterModelTable("product", "products"),
        ],
        ids=str,
    )
    def test_what_has_changed_is_rendered_anew(self, operation: Operation) -> None:
        rendering, changed = Rendering(), state()
        made = rendering.registry(changed, (LINE,))
        operation.state_forwards("shop", changed)
        assert rendering.registry(changed, (LINE,)) is not made

    def test_a_stub_is_good_for_all(self) -> None:
        rendering, before = Rendering(), state()
        before.add_model(ModelState("shop", "Box", [KEY, ("x", models.ForeignKey("shop.Product", models.CASCADE))]))
        stubs = {rendering.registry(before, (key,)).get_model(*PRODUCT) for key in (LINE, ("shop", "box"))}
        assert len(stubs) == 1
        assert rendering.registry(before, (PRODUCT,)).get_model(*PRODUCT) not in stubs  # whole, it is another one

    def test_columns_are_in_the_order_of_the_fields(self) -> None:
        late = models.IntegerField()
        early: models.Field[Any, Any] = models.TextField()
        early.creation_counter = late.creation_counter - 1
        made = Rendering().registry(state(("late", late), ("early", early)), (LINE,)).get_model(*LINE)
        assert [field.name for field in made._meta.local_fields] == ["id", "product", "late", "early"]


class TestOnDemand:
    def apps(self) -> OnDemand:
        return OnDemand(Rendering(), state(), ())

    def test_models_have_both_of_their_names(self) -> None:
        apps = self.apps()
        assert apps.get_model("shop.Line") is apps.get_model("shop", "LINE")

    def test_one_that_is_not_there(self) -> None:
        with pytest.raises(LookupError, match="nothing"):
            self.apps().get_model("shop", "nothing")

    def test_whoever_wants_all_models_gets_them(self) -> None:
        assert [model.__name__ for model in self.apps().get_models()] == ["Product", "Line"]
