"""A table made in the same run: nobody uses it, so everything about it is done at once, as stock does."""

from __future__ import annotations

import pytest

from tests.support.database import rows, value
from tests.support.project import Project

pytestmark = pytest.mark.postgres


def test_everything_about_it_is_plain(live: Project) -> None:
    live.write(
        "0002_tag",
        """
        migrations.CreateModel("Tag", [("id", models.IntegerField(primary_key=True)), ("a", models.IntegerField(null=True))]),
        migrations.AddConstraint("tag", models.CheckConstraint(condition=models.Q(a__gt=0), name="tag_positive")),
        migrations.AddConstraint("tag", models.UniqueConstraint(fields=["a"], name="tag_unique")),
        migrations.AlterField("tag", "a", models.IntegerField()),
        migrations.AlterField("tag", "a", models.BigIntegerField(db_index=True)),
        migrations.AlterField("tag", "id", models.IntegerField()),
        migrations.AddField("tag", "code", models.CharField(max_length=9, primary_key=True, default="")),
        migrations.RenameField("tag", "a", "b"),
        migrations.RenameModel("Tag", "Label"),
        """,
    )
    output = live.safemigrate()
    assert "CONCURRENTLY" not in output
    assert "NOT VALID" not in output
    assert value("SELECT count(*) FROM pg_index WHERE indrelid = 'shop_label'::regclass AND indisvalid") >= 3
    assert rows("SELECT b, code FROM shop_label") == []
