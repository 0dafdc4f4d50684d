"""Whatever is written in a function, it can be read, and nothing of it is run."""

from __future__ import annotations

import argparse
import ast
import asyncio.base_events
import dataclasses
import inspect
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import django.db.models.query
import django.db.models.sql.query
import django.test.testcases
import pytest
from django.utils.functional import SimpleLazyObject

from django_safemigrate.linting.code.located import Located, locate
from django_safemigrate.linting.code.reader import Reader
from django_safemigrate.linting.code.values import Apps, Editor

MODULES = [
    argparse,
    ast,
    asyncio.base_events,
    dataclasses,
    django.db.models.query,
    django.db.models.sql.query,
    django.test.testcases,
    inspect,
    typing,
]


def functions(module: ModuleType) -> Iterator[Located]:
    path = Path(str(module.__file__))
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield Located(node, path, vars(module))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_any_function_can_be_read(module: ModuleType) -> None:
    read = 0
    for located in functions(module):
        reader = Reader(lambda path: False)
        reader.read(located, [Apps(), Editor()])
        assert not reader.loops.inside
        read += 1
    assert read > 20


def test_what_is_lazy_stays_so() -> None:
    def run() -> object:
        raise AssertionError("it is run")

    lazy = SimpleLazyObject(run)

    def code(apps: object, schema_editor: object) -> None:
        lazy.method(lazy)
        for one in lazy:
            one(lazy[1])
        lazy()

    located = locate(code)
    assert located is not None
    Reader(lambda path: True).read(located, [Apps(), Editor()])


def test_what_has_no_text_has_no_place() -> None:
    assert locate(print) is None
    assert locate(object()) is None
    assert locate(eval("lambda: 1")) is None
