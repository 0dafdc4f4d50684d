"""The releases of the shop, tried with the old and the new version of its models at work."""

from __future__ import annotations

from django_safemigrate.testing.plugin import ZeroDowntime


def test_migrations(zero_downtime: ZeroDowntime) -> None:
    zero_downtime.check("shop")
