"""Releases on top of each other: what ``makemigrations`` writes for each, given what it has written before."""

from __future__ import annotations

from django.db.migrations import Migration
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState

from django_safemigrate import Safe
from django_safemigrate.values.phases import declared
from tests.decisions.states import Changes, detect

Key = tuple[str, str]


class Releases:
    """The migrations of several releases in one graph, which has to be a sound one after each."""

    def __init__(self, first: ProjectState) -> None:
        self.graph = MigrationGraph()
        self.state = ProjectState()
        self.changes: Changes = {}
        self.release(first, questioner=MigrationQuestioner(specified_apps={app for app, _ in first.models}))

    def release(
        self,
        models: ProjectState,
        *,
        stock: bool = False,
        name: str = "",
        questioner: MigrationQuestioner | None = None,
    ) -> Changes:
        """Write the migrations that lead to these models."""
        found = detect(self.state, models, graph=self.graph, stock=stock, name=name, questioner=questioner)
        self.add(*(migration for its in found.values() for migration in its))
        self.state, self.changes = models, found
        return found

    def add(self, *migrations: Migration) -> None:
        for migration in migrations:
            self.graph.add_node((migration.app_label, migration.name), migration)
        for migration in migrations:
            for dependency in migration.dependencies:
                key = (migration.app_label, migration.name)
                self.graph.add_dependency(migration, key, (dependency[0], dependency[1]))
        self.graph.ensure_not_cyclic()
        for app in {migration.app_label for migration in migrations}:
            assert len(self.graph.leaf_nodes(app)) == 1  # more are what Django calls a conflict

    @property
    def plan(self) -> list[Key]:
        """All migrations in the order in which ``migrate`` runs them."""
        plan = (key for leaf in sorted(self.graph.leaf_nodes()) for key in self.graph.forwards_plan(leaf))
        return list(dict.fromkeys(plan))

    def phase_first(self, applied: set[Key]) -> list[Key]:
        """What ``safemigrate`` runs before deploy, given what is applied; fails where something is blocked."""
        ready: list[Key] = []
        for key in self.plan:
            if key not in applied and declared(self.migration(key)) != Safe.after_deploy():
                missing = {parent.key for parent in self.graph.node_map[key].parents} - applied - set(ready)
                assert not missing, f"{key} is blocked by {missing}"
                ready.append(key)
        return ready

    def migration(self, key: Key) -> Migration:
        migration = self.graph.nodes[key]
        assert migration is not None
        return migration

    def follow(self, keys: list[Key], state: ProjectState | None = None, *, render: bool = False) -> ProjectState:
        """The state after these migrations."""
        state = state.clone() if state else ProjectState()
        for key in keys:
            for operation in self.migration(key).operations:
                operation.state_forwards(key[0], state)
                if render:
                    assert state.clone().apps.get_models() is not None
        return state
