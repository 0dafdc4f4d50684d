"""The text of a migration file, taken apart: which of its operations stand where, so that some of them can be left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from django.db.migrations.operations.base import Operation
from django.db.migrations.writer import OperationWriter

from django_safemigrate.values.phases import Safe

from .headers import CLASS_LINE, with_safe

_MIGRATIONS, _MODELS = "from django.db import migrations", "from django.db import models"


class NotTakenApart(ValueError):
    """The file is not one that Django or a person writes as Django does; the text says why."""


class Source:
    """A migration file with a literal list of ``count`` operations. Raises ``NotTakenApart``."""

    def __init__(self, text: str, count: int) -> None:
        self.text = text
        self._tree = ast.parse(text)
        classes = [node for node in self._tree.body if isinstance(node, ast.ClassDef) and node.name == "Migration"]
        if len(classes) != 1 or text.count(CLASS_LINE) != 1:
            raise NotTakenApart("it has no plain class Migration(migrations.Migration)")
        self._attributes = {
            node.targets[0].id: node
            for node in classes[0].body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        operations = self._attributes.get("operations")
        if operations is None or not isinstance(operations.value, ast.List) or len(operations.value.elts) != count:
            raise NotTakenApart("its operations are not one list")
        self._operations = operations
        self._chunks = list(self._cut(operations.value))

    def with_operations(
        self,
        parts: Sequence[int | Operation],
        safe: Safe,
        *,
        dependencies: Sequence[tuple[str, str]] | None = None,
        without: Iterable[str] = (),
    ) -> str:
        """The file with these operations: those at an index as they stand in it, others as Django writes them.

        ``dependencies``: others than its own; ``without``: attributes that are left out. What only the operations left out
        have needed, functions and imports, is left out as well.
        """
        imports: set[str] = set()
        texts = []
        for part in parts:
            if isinstance(part, int):
                texts.append(self._chunks[part])
            else:
                written, needs = OperationWriter(part).serialize()
                texts.append(written.strip())
                imports |= needs
        edits: list[tuple[ast.expr | ast.stmt, str]] = [(self._operations.value, _list(texts))]
        if dependencies is not None:
            edits.append((self._attributes["dependencies"].value, _list([f"{one!r}," for one in dependencies])))
        edits += [(self._attributes[name], "") for name in ("safe", *without) if name in self._attributes]
        text = _with_imports(_without_unused(self._edited(edits), self.text), imports)
        return with_safe(text, safe)

    def _cut(self, operations: ast.List) -> Iterable[str]:
        """Each operation with the comments before it, and the one behind it on its line."""
        start = self._offset(operations.lineno, operations.col_offset) + 1
        for node in operations.elts:
            end = self._offset(node.end_lineno or 0, node.end_col_offset or 0)
            behind = re.compile(r"\s*,?[ \t]*(#[^\n]*)?").match(self.text, end)
            assert behind is not None  # it matches nothing, too
            yield f"{self.text[start:end].strip()}," + (f"  {behind[1]}" if behind[1] else "")
            start = behind.end()

    def _edited(self, edits: Sequence[tuple[ast.expr | ast.stmt, str]]) -> str:
        text = self.text
        for node, new in sorted(edits, key=lambda edit: edit[0].lineno, reverse=True):
            start, end = self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)
            if not new:  # a whole line
                start, end = text.rfind("\n", 0, start) + 1, text.find("\n", end) + 1
            text = text[:start] + new + text[end:]
        return text

    def _offset(self, line: int | None, column: int | None) -> int:
        lines = self.text.splitlines(keepends=True)[: (line or 1) - 1]
        own = self.text.splitlines(keepends=True)[(line or 1) - 1]
        return sum(map(len, lines)) + len(own.encode()[: column or 0].decode())


def _list(items: Sequence[str]) -> str:
    return "[\n" + "".join(f"        {item}\n" for item in items) + "    ]"


def renamed_dependency(text: str, old: tuple[str, str], new: tuple[str, str]) -> str:
    """The text of a migration file that depends on ``new`` wherever it has depended on ``old``."""
    app_label, name = map(re.escape, old)
    return re.sub(rf"\(\s*(['\"]){app_label}\1\s*,\s*(['\"]){name}\2\s*,?\s*\)", f'("{new[0]}", "{new[1]}")', text)


def _without_unused(text: str, before: str) -> str:
    """Without those statements of the module that were needed in ``before`` and no longer are."""
    tree = ast.parse(text)
    no_longer = _needed(ast.parse(before)) - _needed(tree)
    lines = text.splitlines(keepends=True)
    for node in reversed(tree.body):
        names = _bound(node)
        if names and names <= no_longer:
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
            del lines[first - 1 : node.end_lineno]
    return re.sub(r"\n{4,}", "\n\n\n", "".join(lines))


def _needed(tree: ast.Module) -> set[str]:
    """The names of the module that its class Migration needs, at any distance."""
    uses = {name: _used(node) for node in tree.body for name in _bound(node)}
    needed, left = set[str](), {"Migration"}
    while left:
        name = left.pop()
        needed.add(name)
        left |= uses.get(name, set()) - needed
    return needed & uses.keys()


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def _used(node: ast.stmt) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _with_imports(text: str, imports: set[str]) -> str:
    lines = text.splitlines(keepends=True)
    there = {line.strip() for line in lines}
    if _MODELS in imports and not re.search(r"^from django\.db import .*\bmodels\b", text, re.MULTILINE):
        place = next((n for n, line in enumerate(lines) if line.strip() == _MIGRATIONS), None)
        if place is not None:
            lines[place] = f"{_MIGRATIONS}, models\n"
    new = sorted(imports - there - {_MODELS, _MIGRATIONS})
    first = next((n for n, line in enumerate(lines) if line.startswith(("import ", "from "))), 0)
    lines[first:first] = [f"{line}\n" for line in new]
    return "".join(lines)
