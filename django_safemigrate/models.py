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


class Backfill(models.Model):
    """A fill of rows in batches: a step of the journal, as whoever works on it shares it with others.

    Its keys are lists of texts, a text for each column of ``key``; a block of the table where there is no key.
    """

    step = models.OneToOneField(MigrationStep, models.CASCADE, related_name="backfill")
    name = models.CharField(max_length=600, help_text="For people: the migration, and the place of the step in it.")
    table = models.TextField(help_text="Quoted.")
    key = models.JSONField(
        help_text="The columns by which it goes through the table, and their types; none: by blocks."
    )
    frontier = models.JSONField(null=True, help_text="Up to here the table is handed out, in this pass.")
    end = models.JSONField(null=True, help_text="The last key of this pass, fixed when it began.")
    number = models.IntegerField(default=1, help_text="Of the pass: each verification that finds rows begins another.")
    estimate = models.BigIntegerField(help_text="How many rows the table had when the pass began, more or less.")
    scanned = models.BigIntegerField(default=0, help_text="Rows that chunks which are over have passed, in this pass.")
    rows = models.BigIntegerField(default=0, help_text="Rows that chunks which are over have changed, in all passes.")
    rows_before = models.BigIntegerField(default=0, help_text="The same when this pass began.")
    background = models.BooleanField(default=False, help_text="Left to workers; safemigrate does not wait for it.")
    new_rows_stay = models.BooleanField(
        default=False, db_default=False, help_text="What comes in meanwhile is for the phase after deploy."
    )
    paused = models.BooleanField(default=False)
    batch_rows = models.PositiveIntegerField(
        null=True, help_text="Rows of a batch; NULL: as many as the target allows."
    )
    reason = models.TextField(default="", help_text="Why nothing goes on at this moment.")
    error = models.TextField(default="", help_text="Why the last worker that failed has failed.")
    started = models.DateTimeField()
    done = models.DateTimeField(null=True, help_text="Verified: no row is left.")

    def __str__(self) -> str:
        return self.name


class BackfillChunk(models.Model):
    """A range of keys of a backfill that one worker goes through; the row is deleted when the range is over.

    Each batch moves ``cursor`` in its own transaction. Whoever takes it over raises ``token``, and the one before finds
    his own no more: he cannot write.
    """

    backfill = models.ForeignKey(Backfill, models.CASCADE, related_name="chunks")
    number = models.IntegerField(
        default=1, help_text="How often it was begun: more than 1 are rows that others have locked."
    )
    after = models.JSONField(null=True, help_text="It begins behind this key; NULL: with the first.")
    upto = models.JSONField(help_text="Its last key.")
    cursor = models.JSONField(null=True, help_text="What is done, up to this key.")
    size = models.BigIntegerField(default=0, help_text="How many rows it has; 0: not known.")
    rows = models.BigIntegerField(default=0, help_text="Rows that it has changed.")
    scanned = models.BigIntegerField(default=0, help_text="Rows that it has passed.")
    rate = models.FloatField(default=0.0, help_text="Rows that it passes in a second, just now.")
    batch_rows = models.PositiveIntegerField(default=0, help_text="Rows of its last batch.")
    token = models.BigIntegerField(default=0)
    worker = models.CharField(max_length=255, default="", help_text="For people; empty: nobody's.")
    session = models.IntegerField(null=True, help_text="The worker's session in the database.")
    session_start = models.DateTimeField(null=True)
    sessions = models.JSONField(default=list, help_text="All sessions of the worker: they are no traffic.")
    touched = models.DateTimeField(null=True, help_text="The worker's last sign of life.")
    not_before = models.DateTimeField(null=True, help_text="When it is tried again.")

    def __str__(self) -> str:
        return f"{self.backfill_id}/{self.pk}"
