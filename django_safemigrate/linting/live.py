"""What ``safemigrate`` would refuse on a database: its compiler knows the tables as they are."""

from __future__ import annotations

from django_safemigrate.catalog.query import Connection
from django_safemigrate.doing.deploy import Deploy
from django_safemigrate.doing.preview import preview
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.phases import Phase
from django_safemigrate.values.settings import Settings

Key = tuple[str, str]


def refusals(connection: Connection, settings: Settings) -> dict[Key, str]:
    """Pending migrations that have no safe way there, and why; nothing is changed. Raises ``DatabaseUnavailable``.

    Empty where there is no plan: what is wrong with the graph of migrations is found otherwise.
    """
    if connection.vendor != "postgresql":
        return {}
    try:
        deploy = Deploy(connection, Phase.BEFORE_DEPLOY, settings, lambda event: None)
        seen = preview(deploy, deploy.look(None, None))
    except UsageError:
        return {}
    migrations = [(one.planned.migration, one.refused) for one in seen.migrations if one.refused]
    return {(migration.app_label, migration.name): refused for migration, refused in migrations}
