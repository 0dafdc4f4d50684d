"""A type changes under triggers that look at the column, which the server refuses: they go and come back at once."""

from __future__ import annotations

import pytest

from django_safemigrate.values.errors import Refused
from tests.support.database import another_session, execute, rows
from tests.support.project import Project

pytestmark = pytest.mark.postgres

WIDER = 'migrations.AlterField("order", "number", models.CharField(max_length=40)),'
FUNCTION = (
    "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.coupon := 'noted'; RETURN NEW; END$$;"
)
TRIGGERS = (
    "CREATE TRIGGER first BEFORE UPDATE ON shop_order FOR EACH ROW WHEN (old.number <> new.number) EXECUTE FUNCTION noted();"
    'CREATE TRIGGER "Second" BEFORE UPDATE OF number ON shop_order FOR EACH ROW EXECUTE FUNCTION noted();'
    "CREATE CONSTRAINT TRIGGER third AFTER UPDATE OF number ON shop_order DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION noted();"
    "CREATE TRIGGER fourth BEFORE UPDATE OF number ON shop_order FOR EACH ROW EXECUTE FUNCTION noted();"
    "COMMENT ON TRIGGER first ON shop_order IS 'it''s 100% mine'; ALTER TABLE shop_order DISABLE TRIGGER \"Second\";"
    "ALTER TABLE shop_order ENABLE ALWAYS TRIGGER third; ALTER TABLE shop_order ENABLE REPLICA TRIGGER fourth;"
)


def triggers() -> list[tuple[object, ...]]:
    return rows(
        "SELECT tgname, tgenabled::text, replace(pg_get_triggerdef(oid), '::text', ''), obj_description(oid, 'pg_trigger') "
        "FROM pg_trigger WHERE tgrelid = 'shop_order'::regclass AND NOT tgisinternal ORDER BY 1"
    )


def test_they_are_as_they_were(live: Project) -> None:
    execute(FUNCTION + TRIGGERS)
    before = triggers()
    assert len(before) == 4
    live.write("0002_wider", WIDER)
    plan = live.safemigrate("--plan")
    assert "Triggers that look at it go and come back in the same transaction: Second, first, fourth, third." in plan
    live.safemigrate()
    assert triggers() == before
    assert rows(
        "SELECT atttypmod FROM pg_attribute WHERE attrelid = 'shop_order'::regclass AND attname = 'number'"
    ) == [(44,)]


def test_nobody_writes_past_them(live: Project) -> None:
    """They are gone only inside the transaction that holds ACCESS EXCLUSIVE."""
    execute(FUNCTION + TRIGGERS)
    live.write("0002_wider", WIDER)
    live.safemigrate()
    with another_session() as session:
        session.execute("UPDATE shop_order SET number = 'x' WHERE number = '7'")
    assert rows("SELECT coupon FROM shop_order WHERE number = 'x'") == [("noted",)]


@pytest.mark.parametrize(
    "dependent",
    [
        "CREATE VIEW numbers AS SELECT number FROM shop_order",
        "CREATE TABLE other (id int); CREATE CONSTRAINT TRIGGER far AFTER UPDATE OF number ON shop_order FROM other "
        "FOR EACH ROW EXECUTE FUNCTION noted()",
    ],
    ids=["view", "trigger that names another table"],
)
def test_what_cannot_come_back_as_it_was_is_still_refused(live: Project, dependent: str) -> None:
    execute(FUNCTION + TRIGGERS + dependent)
    live.write("0002_wider", WIDER)
    with pytest.raises(Refused) as caught:
        live.safemigrate()
    assert "first" not in caught.value.reason
    assert caught.value.reason.startswith(("These depend on it: view numbers", "These depend on it: trigger far"))
    assert len(triggers()) >= 4
