"""Our own tables. The first one is that of django-safemigrate 6.0: since when a delayed migration is known."""

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


class MigrationStep(models.Model):
    """A row of the journal: a step as it was compiled, and whether it is done.

    Written before the step runs. A step that runs in a transaction commits together with its row.
    """

    app = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    backwards = models.BooleanField(default=False)
    operation = models.CharField(max_length=63, help_text="The operation's place in the migration.")
    describes = models.TextField(help_text="The operation in words, by which a changed file is noticed.")
    number = models.PositiveIntegerField()
    step = models.JSONField()
    done = models.DateTimeField(null=True)
    closed = models.DateTimeField(null=True, help_text="When the whole migration was recorded.")

    class Meta:
        indexes = [models.Index(fields=["app", "name"], name="migrationstep_migration")]

    def __str__(self) -> str:
        return f"{self.app}.{self.name} {self.operation}/{self.number}"
