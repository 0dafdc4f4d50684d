"""What the engine is given: two versions and the migrations between them, wherever they come from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from .listed import Key


@dataclass(frozen=True)
class Release:
    """``loader`` and ``stock_loader`` make the migrations known to a connection; ``start`` and ``end`` are the migrations
    of the old and of the new version. ``labels``: the apps whose models are worked with. ``operations``: those between the
    versions, each with its app. ``text``: the migrations for people. ``by_stock``: the migrations are run by stock Django,
    all before deploy. ``on_disk``: somebody has written them, and not the harness. ``remaining``: what ``makemigrations``
    would still write at the end. ``template``: a database at the start, None: it has to be made, with these ``extensions``.
    """

    title: str
    old: ProjectState
    new: ProjectState
    labels: frozenset[str]
    operations: Sequence[tuple[str, Operation]]
    loader: Callable[[BaseDatabaseWrapper], MigrationLoader]
    stock_loader: Callable[[BaseDatabaseWrapper], MigrationLoader]
    start: Collection[Key]
    end: Collection[Key]
    text: Mapping[str, str] = field(default_factory=dict)
    by_stock: bool = False
    remaining: Callable[[], Sequence[str]] = lambda: ()
    template: str | None = None
    on_disk: bool = False
    extensions: tuple[str, ...] = ()
