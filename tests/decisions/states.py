"""Tiny helpers: models as states, what a rule makes of an operation, what the autodetector makes of two states."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.operations import AddField, AlterField
from django.db.migrations.operations.base import Operation
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter

from django_safemigrate import Safe
from django_safemigrate.decisions.rules import Answer, Question, Refusal, answer_of
from django_safemigrate.doing.autodetector import splitting
from django_safemigrate.operations import RenameFieldOnline
from django_safemigrate.values.fields import AnyField as AnyField

Changes = dict[str, list[Migration]]


def model(name: str, /, *, app: str = "shop", bases: Any = None, options: Any = None, **fields: AnyField) -> ModelState:
    """``Order``, with an ``id`` unless it has a base."""
    own = {} if bases else {"id": models.BigAutoField(primary_key=True)}
    return ModelState(app, name, list({**own, **fields}.items()), options or {}, bases or (models.Model,))


def state(*its_models: ModelState) -> ProjectState:
    made = ProjectState()
    for item in its_models:
        made.add_model(item.clone())
    return made


def text(operation: Operation) -> str:
    """One line: ``AddField order.vip models.BooleanField(default=False)``."""
    if isinstance(operation, AddField | AlterField):
        field = MigrationWriter.serialize(operation.field)[0]
        once = "" if operation.preserve_default else ", once"
        return f"{type(operation).__name__} {operation.model_name}.{operation.name} {field}{once}"
    if isinstance(operation, RenameFieldOnline):
        return f"RenameFieldOnline {operation.model_name}.{operation.old_name} to {operation.new_name}"
    return operation.describe()


def told(answer: Answer) -> list[str]:
    """Each part on a line: phase, operation, and in brackets what is said about it; a question with its options."""
    if isinstance(answer, Refusal):
        return [f"refused: {answer.fact}"]
    if isinstance(answer, Question):
        options = [[f"{n}. {option.label}", *told(option.parts)] for n, option in enumerate(answer.options, 1)]
        return [f"asked: {answer.about}", *(line for option in options for line in option)]
    lines = []
    for part in answer:
        remarks = [remark for remark in (part.remark, "may wait" if part.demotable else "") if remark]
        lines.append(f"{part.level.name.lower()}: {text(part.operation)}" + "".join(f" [{r}]" for r in remarks))
    return lines


def parts(operation: Operation, *before: ModelState) -> list[str]:
    """What ``operation`` on ``shop`` is split into, given the models before it."""
    return told(answer_of(operation, "shop", state(*before)))


def detect(
    before: ProjectState,
    after: ProjectState,
    *,
    stock: bool = False,
    graph: MigrationGraph | None = None,
    name: str = "",
    questioner: MigrationQuestioner | None = None,
) -> Changes:
    """What ``makemigrations`` would write. Without a graph the apps of ``before`` have one migration, ``0001_initial``."""
    autodetector = MigrationAutodetector if stock else splitting(MigrationAutodetector)
    answers = questioner or MigrationQuestioner({"ask_rename": False, "ask_rename_model": False, "ask_initial": True})
    return autodetector(before.clone(), after.clone(), answers).changes(
        graph=graph or history(before), migration_name=name or None
    )


def history(before: ProjectState) -> MigrationGraph:
    graph = MigrationGraph()
    for app in {app for app, _ in before.models}:
        graph.add_node((app, "0001_initial"), Migration("0001_initial", app))
    return graph


def written(changes: Changes) -> dict[str, list[str]]:
    """The operations of each migration, by ``app.name``."""
    return {
        f"{app}.{migration.name}": [text(operation) for operation in migration.operations]
        for app, migrations in sorted(changes.items())
        for migration in migrations
    }


def notes(changes: Changes) -> dict[str, list[str]]:
    """What is said about each migration that something is said about."""
    return {
        f"{app}.{migration.name}": migration.safemigrate_notes  # type: ignore[attr-defined]
        for app, migrations in sorted(changes.items())
        for migration in migrations
        if getattr(migration, "safemigrate_notes", None)
    }


def graph_of(before: ProjectState, changes: Changes) -> MigrationGraph:
    """The history and the changes in one graph, which has to be a sound one."""
    graph = history(before)
    for app, migrations in changes.items():
        for migration in migrations:
            graph.add_node((app, migration.name), migration)
    for app, migrations in changes.items():
        for migration in migrations:
            for dependency in migration.dependencies:
                graph.add_dependency(migration, (app, migration.name), tuple(dependency))
    graph.ensure_not_cyclic()
    for app in changes:
        assert len(graph.leaf_nodes(app)) == 1
    return graph


def contract_of(changes: Changes) -> set[tuple[str, str]]:
    return {
        (app, migration.name)
        for app, its in changes.items()
        for migration in its
        if migration.safe == Safe.after_deploy()  # type: ignore[attr-defined]
    }


def check_levels(before: ProjectState, changes: Changes) -> None:
    """Nothing that runs before deploy depends on something that runs after it, at any distance."""
    graph = graph_of(before, changes)
    contract = contract_of(changes)
    for app, migrations in changes.items():
        for migration in migrations:
            if (app, migration.name) not in contract:
                assert not contract & set(graph.forwards_plan((app, migration.name)))


class Stubborn(models.IntegerField):
    """Somebody's field, whose constructor takes what it knows and nothing else."""

    def __init__(self, default: int = 7) -> None:
        super().__init__(default=default)

    def deconstruct(self) -> Any:
        name, _, _, kwargs = super().deconstruct()
        return name, "tests.decisions.states.Stubborn", [], {"default": kwargs["default"]}
