"""squawk: the rules that are on by default, and two complaints about the file itself. It sees what ``sqlmigrate`` says."""

from __future__ import annotations

from .case import Case, change, codes, sql

TOOL = "squawk"
AFTER = "after_deploy"
TIMEOUTS = (
    "That is a matter of who runs the migrations, not of each of them: `safemigrate`, and `migrate` with our ENGINE, "
    "ask for "
    "every lock with a timeout of their own, and again."
)
TOTAL_INDEX = 'migrations.AddIndex("order", models.Index(fields=["total"], name="order_total"))'

CASES = [
    Case(
        tool=TOOL,
        code="require-concurrent-index-creation",
        ours=codes("SM201"),
        defect="an index is built while nobody can write",
        bad=sql("CREATE INDEX order_total ON shop_order (total)", state=TOTAL_INDEX),
        good=sql("CREATE INDEX CONCURRENTLY order_total ON shop_order (total)", atomic=False, state=TOTAL_INDEX),
    ),
    Case(
        tool=TOOL,
        code="require-concurrent-index-deletion",
        ours=codes("SM202"),
        defect="an index is dropped while nobody can read",
        bad=sql("DROP INDEX product_title", state='migrations.RemoveIndex("product", "product_title")'),
        good=sql(
            "DROP INDEX CONCURRENTLY product_title",
            atomic=False,
            state='migrations.RemoveIndex("product", "product_title")',
        ),
    ),
    Case(
        tool=TOOL,
        code="require-concurrent-reindex",
        ours=codes("SM203"),
        defect="an index is built anew while nobody can write",
        bad=sql("REINDEX TABLE shop_order"),
        good=sql("REINDEX TABLE CONCURRENTLY shop_order", atomic=False),
    ),
    Case(
        tool=TOOL,
        code="require-concurrent-partition-detach",
        ours=codes("SM222"),
        defect="a partition is detached while nobody can read its table",
        bad=sql("ALTER TABLE shop_event DETACH PARTITION shop_event_2020", phase=AFTER),
        good=sql("ALTER TABLE shop_event DETACH PARTITION shop_event_2020 CONCURRENTLY", atomic=False, phase=AFTER),
    ),
    Case(
        tool=TOOL,
        code="constraint-missing-not-valid",
        ours=codes("SM205"),
        defect="a constraint is proved for all rows while nobody can read",
        bad=sql("ALTER TABLE shop_order ADD CONSTRAINT order_total CHECK (total >= 0)", phase=AFTER),
        good=sql("ALTER TABLE shop_order ADD CONSTRAINT order_total CHECK (total >= 0) NOT VALID", phase=AFTER),
    ),
    Case(
        tool=TOOL,
        code="adding-foreign-key-constraint",
        ours=codes("SM206"),
        defect="a foreign key is proved for all rows while nobody can write to either table",
        bad=sql(
            "ALTER TABLE shop_product ADD CONSTRAINT product_maker FOREIGN KEY (weight) REFERENCES shop_customer (id)",
            phase=AFTER,
        ),
        good=sql(
            "ALTER TABLE shop_product ADD CONSTRAINT product_maker FOREIGN KEY (weight) REFERENCES shop_customer "
            "(id) NOT VALID",
            phase=AFTER,
        ),
    ),
    Case(
        tool=TOOL,
        code="disallowed-unique-constraint",
        ours=codes("SM209"),
        defect="a unique constraint builds its index while nobody can read",
        bad=sql("ALTER TABLE shop_product ADD CONSTRAINT product_sku UNIQUE (sku)", phase=AFTER),
        good=sql("ALTER TABLE shop_product ADD CONSTRAINT product_sku UNIQUE USING INDEX product_sku", phase=AFTER),
    ),
    Case(
        tool=TOOL,
        code="adding-serial-primary-key-field",
        ours=codes("SM209", "SM212"),
        defect="a primary key builds its index, or writes the table anew, while nobody can read",
        bad=sql("ALTER TABLE shop_label ADD COLUMN id bigserial PRIMARY KEY"),
        good=sql("ALTER TABLE shop_label ADD CONSTRAINT label_key PRIMARY KEY USING INDEX label_key"),
    ),
    Case(
        tool=TOOL,
        code="adding-field-with-default",
        ours=codes("SM212"),
        defect="a new column whose default is another one for each row writes the table anew",
        bad=sql("ALTER TABLE shop_order ADD COLUMN token uuid DEFAULT gen_random_uuid()"),
        good=sql("ALTER TABLE shop_order ADD COLUMN token uuid"),
    ),
    Case(
        tool=TOOL,
        code="adding-not-nullable-field",
        ours=codes("SM208"),
        defect="SET NOT NULL reads all rows while nobody else can",
        bad=sql("ALTER TABLE shop_product ALTER COLUMN weight SET NOT NULL", phase=AFTER),
        good=sql(
            "ALTER TABLE shop_product ADD CONSTRAINT product_weight CHECK (weight IS NOT NULL) NOT VALID", phase=AFTER
        ),
    ),
    Case(
        tool=TOOL,
        code="adding-required-field",
        ours=codes("SM213"),
        defect="a new column without a default that has to have a value: no row has one, and the running release "
        "gives none",
        bad=sql("ALTER TABLE shop_order ADD COLUMN priority integer NOT NULL"),
        good=sql("ALTER TABLE shop_order ADD COLUMN priority integer DEFAULT 0 NOT NULL"),
    ),
    Case(
        tool=TOOL,
        code="changing-column-type",
        ours=codes("SM211"),
        defect="a column's type changes: the table is written anew while nobody can read",
        bad=sql("ALTER TABLE shop_order ALTER COLUMN total TYPE bigint"),
        good=sql("ALTER TABLE shop_order ADD COLUMN total_long bigint"),
    ),
    Case(
        tool=TOOL,
        code="renaming-column",
        ours=codes("SM216"),
        defect="a column has another name than the running release knows",
        bad=sql("ALTER TABLE shop_customer RENAME COLUMN name TO full_name"),
        good=sql("ALTER TABLE shop_customer ADD COLUMN full_name varchar(100)"),
    ),
    Case(
        tool=TOOL,
        code="renaming-table",
        ours=codes("SM216"),
        defect="a table has another name than the running release knows",
        bad=sql("ALTER TABLE shop_note RENAME TO shop_remark"),
        good=sql("CREATE VIEW shop_remark AS SELECT id, text FROM shop_note"),
    ),
    Case(
        tool=TOOL,
        code="ban-drop-column",
        ours=codes("SM214"),
        defect="a column is dropped while the running release still asks for it",
        bad=sql("ALTER TABLE shop_product DROP COLUMN weight"),
        good=sql(
            "ALTER TABLE shop_product DROP COLUMN weight",
            phase=AFTER,
            state='migrations.RemoveField("product", "weight")',
        ),
    ),
    Case(
        tool=TOOL,
        code="ban-drop-table",
        ours=codes("SM215"),
        defect="a table is dropped while the running release still asks for it",
        bad=sql("DROP TABLE shop_note"),
        good=sql("DROP TABLE shop_note", phase=AFTER, state='migrations.DeleteModel("Note")'),
    ),
    Case(
        tool=TOOL,
        code="ban-drop-database",
        ours=codes("SM226"),
        defect="a database is dropped",
        bad=sql("DROP DATABASE shop_archive", atomic=False),
        good=sql("COMMENT ON TABLE shop_note IS 'what customers write'"),
    ),
    Case(
        tool=TOOL,
        code="ban-drop-not-null",
        defect="a column may be null that code has read without a thought of it",
        bad=sql("ALTER TABLE shop_order ALTER COLUMN total DROP NOT NULL"),
        good=sql("ALTER TABLE shop_order ALTER COLUMN total SET DEFAULT 0"),
        reason="It takes a lock for a moment, and the database accepts more than before: that is what an expand "
        "migration is. "
        "The running release meets a NULL only when the new one writes one, which is a question of the code.",
    ),
    Case(
        tool=TOOL,
        code="ban-truncate-cascade",
        ours=codes("SM220"),
        defect="all rows of a table go, and those of whatever refers to it",
        bad=sql("TRUNCATE shop_customer CASCADE"),
        good=sql("DELETE FROM shop_note WHERE id IN (SELECT id FROM shop_note WHERE text IS NULL LIMIT 1000)"),
    ),
    Case(
        tool=TOOL,
        code="ban-char-field",
        ours=codes("SM504"),
        defect="a column of the type char(n), which pads its values",
        bad=sql("ALTER TABLE shop_order ADD COLUMN currency char(3)"),
        good=sql("ALTER TABLE shop_order ADD COLUMN currency text"),
    ),
    Case(
        tool=TOOL,
        code="prefer-text-field",
        ours=codes("SM502"),
        defect="a column of the type varchar(n), whose length can only be lowered by looking at all rows",
        bad=sql("ALTER TABLE shop_order ADD COLUMN voucher varchar(40)"),
        good=sql("ALTER TABLE shop_order ADD COLUMN voucher text"),
    ),
    Case(
        tool=TOOL,
        code="prefer-timestamp-tz",
        ours=codes("SM503"),
        defect="a column of the type timestamp, which forgets the time zone",
        bad=sql("ALTER TABLE shop_order ADD COLUMN shipped timestamp"),
        good=sql("ALTER TABLE shop_order ADD COLUMN shipped timestamptz"),
    ),
    Case(
        tool=TOOL,
        code="prefer-bigint-over-int",
        ours=codes("SM501"),
        defect="a number of 32 bits, which a key or a counter outgrows",
        bad=sql("CREATE TABLE shop_visit (id integer PRIMARY KEY)"),
        good=sql("CREATE TABLE shop_visit (id bigint PRIMARY KEY)"),
    ),
    Case(
        tool=TOOL,
        code="prefer-bigint-over-smallint",
        ours=codes("SM501"),
        defect="a number of 16 bits, which a key or a counter outgrows",
        bad=sql("CREATE TABLE shop_visit (id smallint PRIMARY KEY)"),
        good=sql("CREATE TABLE shop_visit (id bigint PRIMARY KEY)"),
    ),
    Case(
        tool=TOOL,
        code="prefer-identity",
        ours=codes("SM506"),
        defect="a serial column, whose sequence has rights and dependencies of its own",
        bad=sql("CREATE TABLE shop_visit (id bigserial PRIMARY KEY)"),
        good=sql("CREATE TABLE shop_visit (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)"),
    ),
    Case(
        tool=TOOL,
        code="prefer-repack",
        ours=codes("SM217"),
        silent=True,
        defect="a table is written anew while nobody can read (squawk: with PostgreSQL 19)",
        bad=sql("VACUUM FULL shop_order", atomic=False),
        good=sql("VACUUM (ANALYZE) shop_order", atomic=False),
    ),
    Case(
        tool=TOOL,
        code="prefer-robust-stmts",
        ours=codes("SM409"),
        defect="statements outside of a transaction that cannot be run a second time after a failure",
        bad=sql(
            "CREATE TABLE shop_visit (id bigint PRIMARY KEY)",
            "CREATE VIEW shop_visits AS SELECT id FROM shop_visit",
            atomic=False,
        ),
        good=sql(
            "CREATE TABLE IF NOT EXISTS shop_visit (id bigint PRIMARY KEY)",
            "CREATE OR REPLACE VIEW shop_visits AS SELECT id FROM shop_visit",
            atomic=False,
        ),
    ),
    Case(
        tool=TOOL,
        code="transaction-nesting",
        ours=codes("SM225"),
        defect="BEGIN or COMMIT inside a migration that runs in a transaction",
        bad=sql("BEGIN; ALTER TABLE shop_order ADD COLUMN gift boolean; COMMIT"),
        good=sql("ALTER TABLE shop_order ADD COLUMN gift boolean"),
    ),
    Case(
        tool=TOOL,
        code="ban-concurrent-index-creation-in-transaction",
        ours=codes("SM204"),
        defect="CONCURRENTLY inside a transaction, which the server refuses",
        bad=sql("CREATE INDEX CONCURRENTLY order_total ON shop_order (total)", state=TOTAL_INDEX),
        good=sql("CREATE INDEX CONCURRENTLY order_total ON shop_order (total)", atomic=False, state=TOTAL_INDEX),
    ),
    Case(
        tool=TOOL,
        code="ban-uncommitted-transaction",
        ours=codes("SM225"),
        defect="a transaction is begun and not ended: what comes after it is lost, or holds its locks",
        bad=sql("BEGIN; ALTER TABLE shop_order ADD COLUMN gift boolean", atomic=False),
        good=sql("ALTER TABLE shop_order ADD COLUMN gift boolean", atomic=False),
    ),
    Case(
        tool=TOOL,
        code="ban-create-domain-with-constraint",
        ours=codes("SM508"),
        defect="a domain with a constraint, which can only be changed by looking at every column of that type",
        bad=sql("CREATE DOMAIN postcode AS text CHECK (value ~ '^[0-9]+$')"),
        good=sql("CREATE DOMAIN postcode AS text"),
    ),
    Case(
        tool=TOOL,
        code="ban-alter-domain-with-add-constraint",
        ours=codes("SM227"),
        defect="a constraint of a domain is proved for all rows of all tables that use it, while nobody can write to "
        "them",
        bad=sql("ALTER DOMAIN postcode ADD CONSTRAINT digits CHECK (value ~ '^[0-9]+$')", phase=AFTER),
        good=sql("ALTER DOMAIN postcode ADD CONSTRAINT digits CHECK (value ~ '^[0-9]+$') NOT VALID", phase=AFTER),
    ),
    Case(
        tool=TOOL,
        code="require-enum-value-ordering",
        defect="a value is added to an enum without a word on its place in the order",
        bad=sql("ALTER TYPE order_state ADD VALUE 'sent'", atomic=False),
        good=sql("ALTER TYPE order_state ADD VALUE 'sent' AFTER 'paid'", atomic=False),
        reason="PostgreSQL documents where it goes: to the end. Nobody waits and nothing breaks, whichever place it "
        "is.",
    ),
    Case(
        tool=TOOL,
        code="identifier-too-long",
        ours=codes("SM507"),
        defect="a name of more than 63 bytes, which the server cuts off",
        bad=sql(f"CREATE INDEX CONCURRENTLY order_{'total_' * 12}index ON shop_order (total)", atomic=False),
        good=sql("CREATE INDEX CONCURRENTLY order_total ON shop_order (total)", atomic=False, state=TOTAL_INDEX),
    ),
    Case(
        tool=TOOL,
        code="require-timeout-settings",
        silent=True,
        defect="both of the next two, by their former name",
        bad=sql("ALTER TABLE shop_order ADD COLUMN gift boolean"),
        good=sql("SET LOCAL lock_timeout = '50ms'", "ALTER TABLE shop_order ADD COLUMN gift boolean"),
        reason=TIMEOUTS,
    ),
    Case(
        tool=TOOL,
        code="require-lock-timeout",
        defect="a statement that locks a table waits for the lock as long as it takes, and everybody behind it",
        bad=sql("ALTER TABLE shop_order ADD COLUMN gift boolean"),
        good=sql("SET LOCAL lock_timeout = '50ms'", "ALTER TABLE shop_order ADD COLUMN gift boolean"),
        reason=TIMEOUTS,
    ),
    Case(
        tool=TOOL,
        code="require-statement-timeout",
        defect="no statement_timeout before a statement that locks",
        bad=sql("ALTER TABLE shop_order ADD COLUMN gift boolean"),
        good=sql("SET LOCAL statement_timeout = '5s'", "ALTER TABLE shop_order ADD COLUMN gift boolean"),
        reason=TIMEOUTS,
    ),
    Case(
        tool=TOOL,
        code="unused-ignore",
        ours=codes("SM901"),
        defect="a comment suppresses a code that there is not",
        bad=change(
            """
            # safemigrate: ignore[SM999] -- the table is small
            migrations.RunSQL("-- squawk-ignore no-such-rule\\nANALYZE shop_order", migrations.RunSQL.noop)
            """,
            phase="before_deploy",
        ),
        good=sql("ANALYZE shop_order"),
    ),
    Case(
        tool=TOOL,
        code="syntax-error",
        ours=codes("SM228"),
        defect="SQL that PostgreSQL does not parse",
        bad=sql("ALTER TABLE shop_order ADD COLUM gift boolean"),
        good=sql("ALTER TABLE shop_order ADD COLUMN gift boolean"),
    ),
    Case(
        tool=TOOL,
        code="ban-duplicate-column-assignments",
        ours=codes("SM228"),
        defect="an UPDATE that names a column twice, which the server refuses",
        bad=sql("UPDATE shop_note SET text = 'a', text = 'b' WHERE id = 1"),
        good=sql("UPDATE shop_note SET text = 'b' WHERE id = 1"),
    ),
]
