from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameModel,
    RunPython,
)
from django.db.migrations.operations.base import Operation

from django_safemigrate.values.ways_back import with_ways_back

GONE, OTHER = RemoveField("alpha", "c"), RemoveField("beta", "c")
INDEX, CONSTRAINT = RemoveIndex("Alpha", "i"), RemoveConstraint("alpha", "u")
COLUMN = models.IntegerField()


@pytest.mark.parametrize(
    ("operations", "order"),
    [
        ([GONE, INDEX], [1, 0]),
        ([GONE, CONSTRAINT, INDEX], [1, 2, 0]),
        ([RemoveField("Alpha", "b"), GONE, INDEX], [2, 0, 1]),
        ([OTHER, GONE, INDEX], [0, 2, 1]),
        ([GONE, OTHER, AddField("alpha", "d", COLUMN), AlterField("alpha", "b", COLUMN), INDEX], [4, 0, 1, 2, 3]),
        (
            [GONE, DeleteModel("gamma"), CreateModel("delta", []), AlterUniqueTogether("alpha", set()), INDEX],
            [4, 0, 1, 2, 3],
        ),
        ([GONE, AddIndex("alpha", models.Index(fields=["b"], name="other")), INDEX], [2, 0, 1]),
        ([GONE, AddConstraint("alpha", models.UniqueConstraint(fields=["b"], name="other")), INDEX], [2, 0, 1]),
    ],
)
def test_an_index_goes_before_a_field_of_its_model(operations: list[Operation], order: list[int]) -> None:
    assert with_ways_back(operations) == order


@pytest.mark.parametrize(
    "operations",
    [
        [],
        [INDEX, GONE],
        [OTHER, INDEX],
        [GONE, RunPython(RunPython.noop), INDEX],
        [RemoveField("gamma", "c"), RenameModel("gamma", "alpha"), INDEX],
        [GONE, AddIndex("alpha", models.Index(fields=["b"], name="i")), INDEX],
        [GONE, AddConstraint("alpha", models.UniqueConstraint(fields=["b"], name="u")), CONSTRAINT],
    ],
)
def test_what_has_to_stay_where_it_is(operations: list[Operation]) -> None:
    assert with_ways_back(operations) == list(range(len(operations)))


def test_what_is_not_djangos_stays() -> None:
    class Own(RemoveIndex):
        def database_forwards(self, *args: object) -> None:
            raise NotImplementedError

    assert with_ways_back([GONE, Own("alpha", "i")]) == [0, 1]
