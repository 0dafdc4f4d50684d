"""Our own tables: the journal. The first one is that of django-safemigrate 6.0."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class SafeMigration(models.Model):
    """One row for each after-deploy migration that a phase before deploy has seen pending."""

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


class MigrationRun(models.Model):
    """One run of ``safemigrate``: who, what, when, and how it ended."""

    class Outcome(models.TextChoices):
        """``RUNNING`` is also what stands there after a crash, until the next run has found out."""

        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        LOST = "lost"

    what = models.CharField(max_length=20, help_text="The phase, or undoing, or aborting.")
    who = models.CharField(max_length=255, help_text="Its process, for people.")
    release = models.CharField(max_length=63, blank=True, help_text="SAFEMIGRATE['RELEASE'].")
    backend_pid = models.IntegerField(help_text="Of its session in the database.")
    started = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.RUNNING)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.what} by {self.who}"


class RunnerLease(models.Model):
    """Who may run migrations on this database: one row. The key grows whenever somebody else takes over, so that a runner
    that has been replaced notices: it does not find its own any more."""

    token = models.BigIntegerField(primary_key=True)
    owner = models.CharField(max_length=255, help_text="For people.")
    backend_pid = models.IntegerField()
    backend_start = models.DateTimeField(null=True, help_text="With the pid, this is a session and no later one.")
    expires = models.DateTimeField(help_text="Renewed while the owner is alive.")

    def __str__(self) -> str:
        return self.owner


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
    run = models.ForeignKey(
        MigrationRun, models.SET_NULL, null=True, related_name="steps", help_text="The last run that has worked on it."
    )
    started = models.DateTimeField(null=True)
    attempts = models.IntegerField(db_default=0, help_text="Requests for its locks, over all runs.")
    waited = models.FloatField(db_default=0.0, help_text="Seconds that we have waited for locks.")
    blocked = models.FloatField(db_default=0.0, help_text="Seconds that others have waited behind us, all together.")
    rows = models.BigIntegerField(null=True, help_text="How many rows a fill has changed.")
    error = models.TextField(blank=True, db_default="", help_text="Why it has failed, until it is done.")
    done = models.DateTimeField(null=True)
    closed = models.DateTimeField(null=True, help_text="When the whole migration was recorded.")

    class Meta:
        indexes = [models.Index(fields=["app", "name"], name="migrationstep_migration")]

    def __str__(self) -> str:
        return f"{self.app}.{self.name} {self.operation}/{self.number}"
