"""A module imports only from its own layer and from lower ones.

values < grammar < catalog < compile < operations < decisions < doing < edges. Decisions, although high, know no database:
neither the catalog nor compile nor a connection, and they write nothing. What is only for type checkers counts, too.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

import django_safemigrate

ROOT = Path(django_safemigrate.__file__).parent
PACKAGE = "django_safemigrate"

LAYERS = ("values", "grammar", "catalog", "compile", "operations", "decisions", "doing", "edges")
# The layer of what stands at the top of the package: "" is __init__, which passes values on.
LAYER_OF = {
    "": "values",
    **{layer: layer for layer in LAYERS},
    "models": "doing",
    "functions": "values",
    **dict.fromkeys(
        ("apps", "backends", "checks", "linting", "management", "migrations", "reporting", "tasks", "testing"), "edges"
    ),
}
MODULES = sorted(ROOT.rglob("*.py"))


def dotted(path: Path) -> str:
    parts = (PACKAGE, *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(part for part in parts if part != "__init__")


def layer(module: str) -> str:
    return LAYER_OF[module.removeprefix(PACKAGE).lstrip(".").split(".")[0]]


def imported(path: Path) -> Iterator[str]:
    """The full names of what a module imports: modules, and names in modules, as ``module.name``."""
    package = dotted(path) if path.name == "__init__.py" else dotted(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def own(names: Iterator[str]) -> list[str]:
    """Those of the package; a name that is not a module stands for the module that it is in."""
    found = []
    for name in names:
        if name.split(".")[0] == PACKAGE:
            path = ROOT.joinpath(*name.split(".")[1:])
            is_module = path.is_dir() or path.with_suffix(".py").exists()
            found.append(name if is_module else name.rpartition(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_go_down(path: Path) -> None:
    allowed = LAYERS[: LAYERS.index(layer(dotted(path))) + 1]
    assert [name for name in own(imported(path)) if layer(name) not in allowed] == []


@pytest.mark.parametrize("path", [path for path in MODULES if layer(dotted(path)) == "decisions"], ids=dotted)
def test_decisions_are_pure(path: Path) -> None:
    names = list(imported(path))
    assert [name for name in own(iter(names)) if layer(name) not in {"values", "operations", "decisions"}] == []
    assert not {"django.db.connection", "django.db.connections"} & set(names)
    assert not {name for name in names if name.split(".")[0] in {"sys", "time", "logging", "random", "os", "psycopg"}}
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call, ast.Name) and call.id in {"print", "input", "open"}]
    assert not [call for call in calls if isinstance(call, ast.Attribute) and call.attr in {"write", "cursor", "now"}]


@pytest.mark.parametrize("path", [path for path in MODULES if layer(dotted(path)) == "values"], ids=dotted)
def test_values_know_no_connection(path: Path) -> None:
    assert not {"django.db.connection", "django.db.connections"} & set(imported(path))


def test_the_table_is_imported_by_doing_alone_and_imports_nothing_of_ours() -> None:
    models = f"{PACKAGE}.models"
    assert own(imported(ROOT / "models.py")) == []
    importers = {dotted(path) for path in MODULES if models in own(imported(path))}
    assert {layer(name) for name in importers} <= {"doing"}


def test_the_grammar_asks_nobody_and_only_the_edges_ask_it() -> None:
    """It judges the compiler's steps, so neither may know the other."""
    for path in MODULES:
        names = own(imported(path))
        if layer(dotted(path)) == "grammar":
            assert {layer(name) for name in names} <= {"values", "grammar"}
        elif any(layer(name) == "grammar" for name in names):
            assert layer(dotted(path)) == "edges"


def test_reports_are_used_by_commands_alone() -> None:
    importers = {dotted(path) for path in MODULES if any(".reporting" in name for name in own(imported(path)))}
    tops = {name.split(".")[1] for name in importers}
    assert tops <= {"reporting", "management"}


def test_every_module_belongs_to_a_layer() -> None:
    for path in MODULES:
        assert layer(dotted(path)) in LAYERS


def test_public_names_are_importable() -> None:
    for path in MODULES:
        if path.relative_to(ROOT).parts[0] == "management":
            continue
        try:
            module = importlib.import_module(dotted(path))
        except ImproperlyConfigured:  # no GDAL on this machine
            assert path.parent.name == "postgis"
            continue
        except ModuleNotFoundError:  # extras, and what Django has only since 6.0
            assert path.name in {"rich.py", "celery.py", "django_tasks.py"}
            continue
        for name in getattr(module, "__all__", ()):
            assert getattr(module, name) is not None
