"""Where to show what code does: in its function, if that is in the migration's file."""

from __future__ import annotations

import ast

from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.values.findings import Place

from .examined import Examined
from .facts import Fact


def place_of(inspected: Inspected, one: Examined, fact: Fact) -> Place:
    """The first line of a loop, all lines of a call; the operation where the code is in another file."""
    if inspected.path is None or fact.path != inspected.path.resolve():
        return inspected.place(one.path)
    node = fact.node
    assert isinstance(node, ast.stmt | ast.expr)
    end = node.lineno if isinstance(node, ast.stmt) else node.end_lineno
    return Place(inspected.path, node.lineno, node.col_offset + 1, end)
