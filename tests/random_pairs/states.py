"""Pairs of plain data as Django's states, and the answers that a person would give makemigrations."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.values.fields import AnyField
from tests.decisions.states import Changes, detect
from tests.support.random_models import follow, in_order, remaining

from .changes import Pair
from .models import NAMES, Table, Tables

ONE_APP = dict.fromkeys(NAMES, "shop")
TWO_APPS = {name: ("one", "two")[number % 2] for number, name in enumerate(NAMES)}


def make_state(tables: Tables, app_of: dict[str, str]) -> ProjectState:
    state = ProjectState()
    for name, table in tables.items():
        fields: dict[str, AnyField] = {"id": models.BigAutoField(primary_key=True)}
        fields |= {own: column.make(app_of) for own, column in table.columns.items()}
        state.add_model(ModelState(app_of[name], name, list(fields.items()), _options(name, table)))
    return state


def _options(name: str, table: Table) -> dict[str, Any]:
    low = name.lower()
    uniques = [models.UniqueConstraint(fields=one, name=f"{low}_{'_'.join(one)}_u") for one in sorted(table.uniques)]
    checks = [
        models.CheckConstraint(condition=models.Q(**{f"{one}__gte": 0}), name=f"{low}_{one}_c")
        for one in sorted(table.checked)
    ]
    indexes = [models.Index(fields=one, name=f"{low}_{'_'.join(one)}_i") for one in sorted(table.indexes)]
    given = {
        "unique_together": set(table.together),
        "db_table_comment": table.comment,
        "db_table": table.table,
    }
    return {"indexes": indexes, "constraints": [*uniques, *checks], **{key: its for key, its in given.items() if its}}


class Answers(MigrationQuestioner):
    """One-off defaults, and what was renamed."""

    def __init__(self, pair: Pair, after: ProjectState) -> None:
        super().__init__({"ask_initial": True})
        self.pair, self.after = pair, after

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        [state] = [state for (_, name), state in self.after.models.items() if name == model_name.lower()]
        return value_for(state.fields[field_name])

    ask_not_null_alteration = ask_not_null_addition

    def ask_rename(self, model_name: str, old_name: str, new_name: str, field_instance: AnyField) -> bool:
        before = {new.lower(): old for old, new in self.pair.models.items()}.get(model_name, model_name)
        renamed = {name.lower(): its for name, its in self.pair.fields.items()}
        return any(renamed.get(name.lower(), {}).get(old_name) == new_name for name in (model_name, before))

    def ask_rename_model(self, old_model_state: ModelState, new_model_state: ModelState) -> bool:
        return self.pair.models.get(old_model_state.name) == new_model_state.name


def value_for(field: AnyField) -> Any:
    """Some value."""
    values = {
        "BooleanField": True,
        "CharField": "v1",
        "SlugField": "v1",
        "TextField": "v1",
        "DateField": date(2026, 1, 2),
        "DateTimeField": datetime(2026, 1, 2, tzinfo=UTC),
        "TimeField": time(1, 2),
        "DurationField": timedelta(seconds=1),
        "UUIDField": "00000000-0000-0000-0000-000000000001",
        "BinaryField": b"v1",
        "JSONField": {"v": 1},
    }
    return values.get(field.get_internal_type(), 1)


def djangos(pair: Pair, before: ProjectState, after: ProjectState) -> Changes | None:
    """What stock Django writes; None where it writes nothing, or cannot do it itself."""
    try:
        changes = detect(before, after, stock=True, questioner=Answers(pair, after))
        clean = not remaining(follow(before, in_order(before, changes)), after)
    except Exception:
        return None
    return changes if clean and changes else None
