"""Triggers: put on a table, and switched off."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.grammar.names import from_range_var
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.rules import rule, subcommand
from django_safemigrate.linting.statements.seen import Around, Seen
from django_safemigrate.values.locks import LockMode


@rule("create_trig_stmt")
def with_trigger(tree: Tree, around: Around) -> Iterator[Seen]:
    table = from_range_var(tree["relation"])
    if not around.is_new(table) and not around.after_deploy:
        yield Seen(
            codes.TRIGGER,
            f"Trigger {tree['trigname']} is put on {table.name}.",
            table,
            LockMode.SHARE_ROW_EXCLUSIVE,
            why="From that moment on it fires for what the running release writes, too.",
            instead="See that it does no harm to what the running release writes; then suppress this with the reason.",
        )


@subcommand("AT_DisableTrig", "AT_DisableTrigAll", "AT_DisableTrigUser")
def switched_off(command: Tree, around: Around) -> Iterator[Seen]:
    table = from_range_var(command["relation"])
    which, verb = (f"Trigger {command['name']}", "is") if "name" in command else ("The triggers", "are")
    everything = command["subtype"] == "AT_DisableTrigAll"
    if around.is_new(table) or (around.after_deploy and not everything):
        return
    yield Seen(
        codes.TRIGGER,
        f"{which} of {table.name} {verb} disabled.",
        table,
        LockMode.SHARE_ROW_EXCLUSIVE,
        why="Foreign keys are triggers: nothing is checked meanwhile, and nobody checks it afterwards."
        if everything
        else "What the running release writes meanwhile is treated otherwise than before.",
        instead="Set session_replication_role in your own session, or let the triggers fire.",
    )
