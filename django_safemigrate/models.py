"""The table that remembers since when a delayed migration is known. It is that of django-safemigrate 6.0."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class SafeMigration(models.Model):
    """One row for each ``Safe.after_deploy(delay=...)`` migration that a run has seen and not yet applied."""

    created = models.DateTimeField(auto_now_add=True)
    app = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    detected = models.DateTimeField(
        default=timezone.now,
        help_text="The end of the first run that saw the migration; its delay counts from here.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "name"], name="safemigration_unique")]

    def __str__(self) -> str:
        return f"{self.app}.{self.name}"
