"""Django's own questions, asked by Django; before each, what an answer means while two releases run.

Where Django gives up without asking, what helps is said as lines for ``models.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.values.declarations import declared_as
from django_safemigrate.values.fields import AnyField, column_of

from .model_lines import ways_without_default

# What Django exits with where a field needs a default and nobody gives it one.
NO_DEFAULT = 3

_OLD_RELEASE_TOO = "Rows that the old release inserts get this default, too, at the latest in the phase after deploy."


@dataclass(frozen=True)
class Renamed:
    """``what`` is perhaps the case; then ``loss`` happens unless ``keep`` (empty where no line does it) is in the model.

    ``removed``: the model, and the field if it is one, in lower case.
    """

    removed: tuple[str, ...]
    what: str
    loss: str
    keep: str


class Questioner:
    """Over a questioner of Django's. ``possible_renames``: what was taken for removed and added, without asking."""

    def __init__(
        self, django: Any, before: ProjectState, after: ProjectState, say: Callable[[str], object], *, terminal: bool
    ) -> None:
        self._django, self._before, self._after, self._say, self._terminal = django, before, after, say, terminal
        self.possible_renames: list[Renamed] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._django, name)

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        self._before_asking(_OLD_RELEASE_TOO)
        return self._with_help(self._django.ask_not_null_addition, field_name, model_name)

    def ask_auto_now_add_addition(self, field_name: str, model_name: str) -> Any:
        self._before_asking(_OLD_RELEASE_TOO)
        return self._with_help(self._django.ask_auto_now_add_addition, field_name, model_name)

    def ask_not_null_alteration(self, field_name: str, model_name: str) -> Any:
        self._before_asking(
            "Rows with NULL are filled in the phase after deploy. If they are ignored here, they stop it."
        )
        answer = self._django.ask_not_null_alteration(field_name, model_name)
        if not self._terminal:
            self._say("Rows with NULL stop the phase after deploy (exit status 9). A default in the model fills them.")
        return answer

    def ask_unique_callable_default_addition(self, field_name: str, model_name: str) -> None:
        """Not asked: Django would call the default once, and says so. Ours calls it for each row."""

    def ask_rename(self, model_name: str, old_name: str, new_name: str, field_instance: AnyField) -> bool:
        """Without a terminal, a field that keeps the column is taken for renamed: Django only asks of equal fields."""
        keeps_column = bool(field_instance.db_column)
        line = "" if field_instance.many_to_many else _with_column(old_name, new_name, field_instance)
        loss = f"{old_name} is dropped with its data after deploy"
        if self._terminal:
            self._say(f"  y: the data stay\n  n: {new_name} is new; {loss}")
        elif keeps_column:
            return True
        else:
            what = f"{model_name}.{old_name} was renamed to {new_name}"
            self.possible_renames.append(Renamed((model_name.lower(), old_name.lower()), what, loss, line))
        return bool(self._django.ask_rename(model_name, old_name, new_name, field_instance))

    def ask_rename_model(self, old_model_state: ModelState, new_model_state: ModelState) -> bool:
        """Without a terminal, a model that keeps the table is taken for renamed."""
        old_table, new_table = _table(old_model_state), _table(new_model_state)
        new_name = new_model_state.name
        line = f'db_table = "{old_table}" in class Meta of {new_name}'
        loss = f"{old_table} is dropped with its rows after deploy"
        if self._terminal:
            keep = "" if old_table == new_table else f"; two releases need its table: {line}"
            self._say(f"  y: the rows stay{keep}\n  n: {new_name} is new; {loss}")
        elif old_table == new_table:
            return True
        else:
            what = f"{old_model_state.app_label}.{old_model_state.name} was renamed to {new_name}"
            self.possible_renames.append(Renamed((old_model_state.name_lower,), what, loss, line))
        return bool(self._django.ask_rename_model(old_model_state, new_model_state))

    def _before_asking(self, consequence: str) -> None:
        if self._terminal and not self._django.dry_run:  # a dry run does not ask for defaults
            self._say(consequence)

    def _with_help(self, ask: Callable[[str, str], Any], field_name: str, model_name: str) -> Any:
        try:
            return ask(field_name, model_name)
        except SystemExit as end:
            if end.code == NO_DEFAULT:
                self._say(self._what_helps(field_name, model_name))
            raise

    def _what_helps(self, field_name: str, model_name: str) -> str:
        """Django does not say of which app the model is, so it is looked for."""
        found = [
            model.fields[field_name]
            for key, model in self._after.models.items()
            if key[1] == model_name.lower() and field_name in model.fields and not self._had(key, field_name)
        ]
        lines = list(ways_without_default(field_name, found[0])) if len(found) == 1 else []
        if not lines:
            return "Give it null=True, a default or a db_default in the model."
        return "\n".join(["Write one of these into the model:", *lines])

    def _had(self, key: tuple[str, str], field_name: str) -> bool:
        model = self._before.models.get(key)
        return model is not None and field_name in model.fields


def _with_column(old_name: str, new_name: str, field: AnyField) -> str:
    """The new field in the column of the old one."""
    return declared_as(new_name, field, db_column=column_of(field, old_name))


def _table(model: ModelState) -> str:
    return str(model.options.get("db_table") or f"{model.app_label}_{model.name_lower}")
