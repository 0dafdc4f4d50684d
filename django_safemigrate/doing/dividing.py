"""``safemigrate --split APP NAME``: one migration that mixes phases becomes two, one for each.

The part before deploy keeps the name: other files depend on it, and databases may have recorded it. The part after deploy is
new, and comes last in its app where what follows does not need it; then nobody else's file is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from django_safemigrate.decisions.commuting import Footprint, commutes
from django_safemigrate.decisions.footprints import carried_out
from django_safemigrate.decisions.rules import Level
from django_safemigrate.decisions.splitting import Conflict, Split, split
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.operations import runs_itself
from django_safemigrate.values.phases import Safe

from .source import NotTakenApart, Source, renamed_dependency
from .whose import is_installed, migrations_directory

Key = tuple[str, str]

# Of django-linear-migrations: the name of an app's last migration.
LAST_MIGRATION = "max_migration.txt"


@dataclass
class Divided:
    """The files to be written, by path, with their text; what to say about each part: its operations, and remarks."""

    files: dict[Path, str] = field(default_factory=dict)
    parts: list[tuple[str, Level, list[str]]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def divide(loader: MigrationLoader, migration: Migration) -> Divided:
    """What ``--split`` would write; nothing is written here. Raises ``UsageError``."""
    key = (migration.app_label, migration.name)
    path = _own_path(loader, migration)
    result = _split(loader, migration)
    own = {level: one for one in result.changes[key[0]] for level in [result.levels[id(one)]]}
    if len(own) < 2:
        level = next(iter(own), Level.EXPAND)
        safe = Safe.before_deploy() if level is Level.EXPAND else Safe.after_deploy()
        raise UsageError(
            f"There is nothing to split in {migration}.",
            f"All of it belongs {level.words}.",
            f"If it does not say so, add to its class: safe = {safe.as_source()[0]}",
        )
    expand, contract = own[Level.EXPAND], own[Level.CONTRACT]
    try:
        source = Source(path.read_text(encoding="utf-8"), len(migration.operations))
    except (NotTakenApart, SyntaxError) as why:
        raise _by_hand(migration, expand, contract, str(why)) from why
    found = Divided()
    found.files[path] = source.with_operations(_parts(expand, migration), Safe.before_deploy())
    name, dependencies = _place(loader, migration, result.footprints[id(contract)], found)
    found.files[path.with_name(f"{name}.py")] = source.with_operations(
        _parts(contract, migration), Safe.after_deploy(), dependencies=dependencies, without=("initial", "run_before")
    )
    for title, level in ((migration.name, Level.EXPAND), (name, Level.CONTRACT)):
        part = own[level]
        found.parts.append((title, level, [operation.describe() for operation in part.operations]))
        found.remarks += result.notes[id(part)]
    return found


def _own_path(loader: MigrationLoader, migration: Migration) -> Path:
    """Of the file that is to be split; no other than one of the project's, which has not run here and replaces nothing."""
    directory = migrations_directory(migration.app_label)
    if directory is None or is_installed(directory):
        raise UsageError(
            f"{migration} is in an installed package: {directory}.",
            "What is written there is lost with its next update.",
            "Say in your settings when it runs: "
            f'SAFEMIGRATE = {{"PHASES": {{"{migration.app_label}.{migration.name}": "before_deploy"}}}}',
        )
    if (migration.app_label, migration.name) in loader.applied_migrations:
        raise UsageError(
            f"{migration} is applied on this database.",
            "What has run as one cannot run as two.",
            "Leave it as it is: what a database has behind it is in nobody's way.",
        )
    if migration.replaces or runs_itself(migration):
        reason = "it replaces others" if migration.replaces else "it is applied by code of its own"
        raise UsageError(
            f"{migration} cannot be split: {reason}.",
            "Nobody can see which half of it each database would have.",
            "Write two migrations by hand, each with its safe = Safe.before_deploy() or safe = Safe.after_deploy().",
        )
    return directory / f"{migration.name}.py"


def _split(loader: MigrationLoader, migration: Migration) -> Split:
    """Its operations by phase. Raises ``UsageError`` where there is no such order."""
    before = loader.project_state((migration.app_label, migration.name), at_end=False)
    result = split({migration.app_label: [migration]}, before)
    refusals = [result.refusal] if isinstance(result, Conflict) else result.refusals
    if isinstance(result, Conflict) or refusals:
        raise UsageError(f"{migration} cannot be split: {refusals[0].fact}", refusals[0].reason, refusals[0].remedy)
    return result


def _parts(part: Migration, whole: Migration) -> list[int | Operation]:
    """Operations of a part: their places in the whole migration, where they stand in it as they are."""
    places = {id(operation): place for place, operation in enumerate(whole.operations)}
    return [places.get(id(operation), operation) for operation in part.operations]


def _by_hand(migration: Migration, expand: Migration, contract: Migration, why: str) -> UsageError:
    def described(part: Migration) -> str:
        return "; ".join(operation.describe() for operation in part.operations)

    return UsageError(
        f"The file of {migration} cannot be taken apart: {why}.",
        f"Before deploy: {described(expand)}.\nAfter deploy: {described(contract)}.",
        "Write these into two files, the first with safe = Safe.before_deploy(), the second with safe = Safe.after_deploy().",
    )


def _place(
    loader: MigrationLoader, migration: Migration, prints: Sequence[Footprint], found: Divided
) -> tuple[str, list[Key]]:
    """The name of the part after deploy and what it depends on; files of others are changed where they need it."""
    graph, key = loader.graph, (migration.app_label, migration.name)
    (leaf,) = graph.leaf_nodes(key[0])
    if all(commutes(earlier, later) for earlier in prints for later in _later(loader, key)):
        name = _after(leaf[1], key[1])
        _write_last(key[0], leaf[1], name, found)
        return name, [leaf]
    name = _after(key[1], key[1])
    for child in sorted(node.key for node in graph.node_map[key].children):
        directory = migrations_directory(child[0])
        if directory is None or is_installed(directory):
            raise UsageError(
                f"{migration} cannot be split: {'.'.join(child)} depends on it, and is in an installed package.",
                "It needs what would be in the part after deploy.",
                "Write two migrations by hand, and let that one depend on the first of them.",
            )
        path = directory / f"{child[1]}.py"
        text = path.read_text(encoding="utf-8")
        found.files[path] = renamed_dependency(text, key, (key[0], name))
    if leaf == key:
        _write_last(key[0], leaf[1], name, found)
    return name, [key]


def _later(loader: MigrationLoader, key: Key) -> list[Footprint]:
    """What the migrations do that come after it."""
    found = []
    for one in loader.graph.backwards_plan(key):
        migration = loader.graph.nodes[one]
        if one != key and migration.operations:
            state = loader.project_state(one, at_end=False)
            found += [carried_out(operation, one[0], state) for operation in migration.operations]
    return found


def _after(last: str, name: str) -> str:
    """The name of the part after deploy, one number after ``last``. No name begins with another: Django takes beginnings."""
    number, _, stem = name.partition("_")
    stem = stem if number.isdigit() and stem else name
    return f"{(MigrationAutodetector.parse_number(last) or 0) + 1:04}_{stem}_contract"


def _write_last(app_label: str, old: str, new: str, found: Divided) -> None:
    directory = migrations_directory(app_label)
    path = directory / LAST_MIGRATION if directory is not None else None
    if path is not None and path.exists() and path.read_text(encoding="utf-8").strip() == old:
        found.files[path] = f"{new}\n"
