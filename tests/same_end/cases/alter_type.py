"""C4 to C8: a column gets another type, with whatever depends on it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.migrations import AlterField
from django.db.models import F, Q
from django.db.models.functions import Length, Lower, Upper

from tests.same_end.case import Case, altered, on_thing

INTEGER, TEXT, CHAR, BIG = models.IntegerField, models.TextField, models.CharField, models.BigIntegerField
NUMBERS, WORDS = "(1), (2), (NULL)", "('a'), ('b%'), ('it''s')"
SHORT, LONG = CHAR(max_length=9), CHAR(max_length=20)
TWO = "('a', 1), ('b%', 2), ('it''s', 3)"


def decimal(digits: int, places: int) -> models.Field:  # type: ignore[type-arg]
    return models.DecimalField(max_digits=digits, decimal_places=places)


def longer(name: str, to: object = LONG, **options: object) -> Case:
    """``varchar(9)`` grows, beside an integer ``b``."""
    fields = {"a": CHAR(max_length=9), "b": INTEGER()}
    return on_thing(f"C4 {name}", fields, TWO, AlterField("thing", "a", to), options=options)


def index(*args: object, **options: object) -> dict[str, object]:
    return {"indexes": [models.Index(*args, name="thing_index", **options)]}


def constraint(made: object) -> dict[str, object]:
    return {"constraints": [made]}


CASES = [
    altered("C4 longer", SHORT, LONG, WORDS),
    altered("C4 longer, null", CHAR(max_length=9, null=True), CHAR(max_length=10, null=True), WORDS),
    altered("C4 longer, indexed", CHAR(max_length=9, db_index=True), CHAR(max_length=20, db_index=True), WORDS),
    altered("C4 longer, unique", CHAR(max_length=9, unique=True), CHAR(max_length=20, unique=True), WORDS),
    altered("C4 longer, collation", CHAR(max_length=9, db_collation="C"), CHAR(max_length=20, db_collation="C"), WORDS),
    altered(
        "C4 longer, database default", CHAR(max_length=9, db_default="a"), CHAR(max_length=20, db_default="a"), WORDS
    ),
    altered("C4 without limit", SHORT, CHAR(), WORDS),
    altered("C4 to text", SHORT, TEXT(), WORDS),
    altered("C4 to text, indexed", CHAR(max_length=9, db_index=True), TEXT(db_index=True), WORDS),
    altered("C4 to text, unique", CHAR(max_length=9, unique=True), TEXT(unique=True), WORDS),
    altered("C4 to text, comment", CHAR(max_length=9, db_comment="a"), TEXT(db_comment="a"), WORDS),
    altered("C4 longer, index off", CHAR(max_length=9, db_index=True), LONG, WORDS),
    altered("C4 longer, index on", SHORT, CHAR(max_length=20, db_index=True), WORDS),
    altered(
        "C4 longer, without atomic",
        CHAR(max_length=9, unique=True),
        CHAR(max_length=20, unique=True),
        WORDS,
        atomic=False,
    ),
    altered("C4 numeric wider", decimal(6, 2), decimal(9, 2), "(1.5), (1234.56)"),
    altered("C4 slug to char", models.SlugField(max_length=9), CHAR(max_length=20), WORDS),
    altered("C4 array longer", ArrayField(CHAR(max_length=5)), ArrayField(CHAR(max_length=9)), "('{a,b}'), ('{}')"),
    altered("C4 array sized", ArrayField(INTEGER()), ArrayField(INTEGER(), size=3), "('{1,2}'), ('{}')"),
    altered("C4 address", models.GenericIPAddressField(), CHAR(max_length=40), "('10.0.0.1')", back=False),
    longer("longer in a partial index", **index(fields=["b"], condition=Q(a__gt="a"))),
    longer("longer in an index of itself", **index(fields=["a"], condition=Q(a__gt="a"))),
    longer("longer in a functional index", **index(Upper("a"))),
    longer("longer in an index of two", **index(fields=["-a", "b"])),
    longer("longer included", **index(fields=["b"], include=["a"])),
    longer("longer in a pattern index", **index(fields=["a"], opclasses=["varchar_pattern_ops"])),
    longer("longer in a check", **constraint(models.CheckConstraint(condition=Q(a__gt=""), name="thing_check"))),
    longer(
        "longer in checks of functions",
        **constraint(models.CheckConstraint(condition=Q(a=Lower("a")), name="thing_check")),
    ),
    longer(
        "longer in a unique constraint", **constraint(models.UniqueConstraint(fields=["a", "b"], name="thing_unique"))
    ),
    longer(
        "longer in a deferrable unique constraint",
        **constraint(
            models.UniqueConstraint(fields=["a"], name="thing_unique", deferrable=models.Deferrable.IMMEDIATE)
        ),
    ),
    longer(
        "longer in a partial unique constraint",
        **constraint(models.UniqueConstraint(fields=["b"], name="thing_unique", condition=Q(a__gt="a"))),
    ),
    longer(
        "longer in a functional unique constraint",
        **constraint(models.UniqueConstraint(Upper("a"), name="thing_unique")),
    ),
    longer("longer in unique_together", unique_together={("a", "b")}),
    longer("longer in index_together", index_together={("a", "b")}),
    longer("to text in a partial index", TEXT(), **index(fields=["b"], condition=Q(a__gt="a"))),
    longer("to text in a functional index", TEXT(), **index(Length("a"))),
    longer(
        "to text in a check", TEXT(), **constraint(models.CheckConstraint(condition=Q(a__gt=""), name="thing_check"))
    ),
    altered("C5 shorter", CHAR(max_length=20), CHAR(max_length=9), WORDS),
    altered("C5 shorter, unique", CHAR(max_length=20, unique=True), CHAR(max_length=9, unique=True), WORDS),
    altered("C5 to char", TEXT(), CHAR(max_length=9), WORDS),
    altered("C5 to char, indexed", TEXT(db_index=True), CHAR(max_length=9, db_index=True), WORDS),
    altered("C5 to smallint", INTEGER(null=True), models.SmallIntegerField(null=True), NUMBERS),
    altered("C5 numeric narrower", decimal(9, 3), decimal(6, 2), "(1.5), (1.23)"),
    altered("C6 to bigint", INTEGER(null=True), BIG(null=True), NUMBERS),
    altered("C6 to bigint, indexed", INTEGER(null=True, db_index=True), BIG(null=True, db_index=True), NUMBERS),
    altered("C6 to bigint, unique", INTEGER(null=True, unique=True), BIG(null=True, unique=True), NUMBERS),
    altered("C6 to bigint, database default", INTEGER(db_default=3), BIG(db_default=3), "(1), (2)"),
    altered("C6 to bigint, not null", INTEGER(null=True), BIG(default=3), NUMBERS),
    altered("C6 to bigint, comment", INTEGER(db_comment="a"), BIG(db_comment="a"), "(1), (2)"),
    altered("C6 from bigint", BIG(null=True), INTEGER(null=True), NUMBERS),
    altered("C6 positive to bigint", models.PositiveIntegerField(), models.PositiveBigIntegerField(), "(1), (2)"),
    altered(
        "C6 to numeric", INTEGER(null=True), models.DecimalField(max_digits=8, decimal_places=2, null=True), NUMBERS
    ),
    altered("C6 scale", decimal(6, 2), decimal(9, 4), "(1.5), (1234.56)"),
    altered("C6 to float", INTEGER(), models.FloatField(), "(1), (2)"),
    altered("C6 date to time", models.DateField(), models.DateTimeField(), "('2026-01-02')"),
    altered(
        "C6 date to time, indexed",
        models.DateField(db_index=True),
        models.DateTimeField(db_index=True),
        "('2026-01-02')",
    ),
    altered("C6 without atomic", INTEGER(unique=True), BIG(unique=True), "(1), (2)", atomic=False),
    altered("C8 integer to text", INTEGER(), TEXT(), "(1), (2)"),
    altered("C8 integer to char, indexed", INTEGER(db_index=True), CHAR(max_length=9, db_index=True), "(1), (2)"),
    altered("C8 text to integer", TEXT(), INTEGER(), "('1'), ('2')"),
    altered("C8 char to integer, unique", CHAR(max_length=9, unique=True), INTEGER(unique=True), "('1'), ('2')"),
    altered("C8 char to uuid", CHAR(max_length=36), models.UUIDField(), "('00000000-0000-0000-0000-000000000001')"),
    altered("C8 text to json", TEXT(), models.JSONField(), "('[1, 2]')"),
    altered("C8 boolean to integer", models.BooleanField(), INTEGER(), "(true), (false)", back=True),
    altered("C8 char to array", CHAR(max_length=9), ArrayField(CHAR(max_length=9)), "('{a,b}')"),
    altered("C8 text to date", TEXT(), models.DateField(), "('2026-01-02')"),
    on_thing(
        "C6 to bigint in everything",
        {"a": INTEGER(), "b": INTEGER()},
        "(1, 1), (2, 2)",
        AlterField("thing", "a", BIG()),
        options={
            "indexes": [
                models.Index(fields=["a", "-b"], name="thing_two"),
                models.Index(fields=["b"], name="thing_partial", condition=Q(a__gt=1)),
                models.Index(F("a") + F("b"), name="thing_sum"),
                models.Index(fields=["b"], include=["a"], name="thing_include"),
            ],
            "constraints": [
                models.CheckConstraint(condition=Q(a__gt=0), name="thing_check"),
                models.UniqueConstraint(fields=["a", "b"], name="thing_unique"),
                models.UniqueConstraint(fields=["a"], name="thing_late", deferrable=models.Deferrable.DEFERRED),
                models.UniqueConstraint(fields=["b"], name="thing_once", condition=Q(a__lt=9)),
            ],
            "unique_together": {("b", "a")},
        },
    ),
    on_thing(
        "C several of one table",
        {"a": CHAR(max_length=9), "b": INTEGER(db_index=True)},
        TWO,
        AlterField("thing", "a", CHAR(max_length=20, unique=True)),
        AlterField("thing", "b", BIG(null=True, db_index=True)),
    ),
]
