"""The published apps, their migrations and operations: ``python -m tests.real_apps.report``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from importlib.metadata import packages_distributions, version

from tests.real_apps.environment import Environment
from tests.real_apps.groups import GROUPS

TOP = 25


@dataclass(frozen=True)
class App:
    label: str
    distribution: str
    migrations: int
    operations: dict[str, int]


def apps() -> dict[str, list[App]]:
    """The apps of every group, each asked in a process of its own, since it has settings of its own."""
    found: dict[str, list[App]] = {}
    for group in GROUPS.values():
        environment = Environment(group=group, database_url="postgresql:///unused", with_package=False)
        child = subprocess.run(
            [sys.executable, "-m", "tests.real_apps.report", "--one-group"],
            env=environment.as_variables(),
            check=True,
            capture_output=True,
            text=True,
        )
        found[group.name] = [App(**app) for app in json.loads(child.stdout)]
    return found


def apps_of_this_process() -> list[App]:
    import django
    from django.apps import apps as registry
    from django.db.migrations.loader import MigrationLoader

    django.setup()
    graph = MigrationLoader(None).graph
    migrations: Counter[str] = Counter(label for label, _ in graph.nodes)
    operations: dict[str, Counter[str]] = {label: Counter() for label in migrations}
    for (label, _), migration in graph.nodes.items():
        operations[label].update(type(operation).__name__ for operation in migration.operations)
    return [
        App(
            label=label,
            distribution=_distribution(registry.get_app_config(label).name),
            migrations=migrations[label],
            operations=dict(operations[label]),
        )
        for label in sorted(migrations)
    ]


def _distribution(module: str) -> str:
    name = packages_distributions()[module.partition(".")[0]][0]
    return f"{name} {version(name)}"


def report() -> str:
    lines = [f"{'group':<10} {'app':<24} {'package':<42} {'migrations':>10} {'operations':>10}"]
    distinct: dict[str, App] = {}
    for group, members in apps().items():
        for app in members:
            if distinct.setdefault(app.label, app) is app:
                lines.append(
                    f"{group:<10} {app.label:<24} {app.distribution:<42} "
                    f"{app.migrations:>10} {sum(app.operations.values()):>10}"
                )
    operations: Counter[str] = sum((Counter(app.operations) for app in distinct.values()), Counter())
    migrations = sum(app.migrations for app in distinct.values())
    lines.append(f"{'together':<10} {len(distinct):<24} {'':<42} {migrations:>10} {operations.total():>10}")
    lines.append("")
    lines += [f"{count:>6}  {name}" for name, count in operations.most_common(TOP)]
    return "\n".join(lines)


if __name__ == "__main__":
    if "--one-group" in sys.argv:
        print(json.dumps([asdict(app) for app in apps_of_this_process()]))
    else:
        print(report())
