"""Django's ``migrate``, unchanged: only the autodetector is ours, since Django insists that ``makemigrations`` and
``migrate`` use the same one (system check ``commands.E001``). It is used for the hint that changes are not in migrations.
"""

from django_safemigrate.management.next_command import next_autodetector, next_command

_Command = next_command("migrate")


class Command(_Command):  # type: ignore[valid-type, misc]
    autodetector = next_autodetector
