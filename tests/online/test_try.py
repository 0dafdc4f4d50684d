from tests.support.database import execute, rows
import pytest
pytestmark=[pytest.mark.postgres]
OPS='''
online.AlterFieldOnline("order","amount", models.BigIntegerField(default=0)),
'''
def test_it(database, project, settings, capsys):
    settings.SAFEMIGRATE={"SMALL_TABLE": None}
    import tests.support.project as tp
    project.write("0001_initial", '''
migrations.CreateModel("Order", [
    ("id", models.BigAutoField(primary_key=True)),
    ("number", models.CharField(max_length=20, unique=True)),
    ("amount", models.IntegerField(default=0, db_index=True)),
    ("qty", models.PositiveIntegerField(default=0, db_default=3, unique=True)),
], options={"indexes":[models.Index(models.F("amount")*2, name="dbl"), models.Index(fields=["number"], condition=models.Q(amount__gt=3), name="part")], "constraints":[models.CheckConstraint(condition=models.Q(amount__lt=models.F("id")*100000), name="chk"), models.UniqueConstraint(fields=["number","amount"], name="uq")]}),
''', initial="True")
    project.safemigrate()
    execute("insert into shop_order(number, amount, qty) select n, n, n from generate_series(1,20000) n")
    execute("analyze")
    def dump():
        import subprocess
        return [rows("select attname, format_type(atttypid,atttypmod), attnotnull from pg_attribute where attrelid='shop_order'::regclass and attnum>0 and not attisdropped order by 1"),
         rows("select pg_get_indexdef(indexrelid), indisvalid from pg_index where indrelid='shop_order'::regclass order by 1"),
         rows("select conname, pg_get_constraintdef(oid), convalidated from pg_constraint where conrelid='shop_order'::regclass order by 1"),
         rows("select attname, pg_get_expr(adbin, adrelid) from pg_attrdef join pg_attribute on adrelid=attrelid and adnum=attnum where attrelid='shop_order'::regclass order by 1"),
         rows("select tgname from pg_trigger where tgrelid='shop_order'::regclass and not tgisinternal")]
    before = dump()
    project.write("0002_alter", '''
AlterFieldOnline("order","amount", models.BigIntegerField(default=0, db_index=True)),
AlterFieldOnline("order","qty", models.PositiveBigIntegerField(default=0, db_default=3, unique=True)),
''')
    p = project.directory/"0002_alter.py"; p.write_text("from django_safemigrate.operations import *\n"+p.read_text())
    print(project.safemigrate("--plan"))
    print(project.safemigrate())
    mid = dump()
    for a in mid: print(*a, sep="\n")
    execute("insert into shop_order(number, amount, qty) values ('x', 5, 50000)")
    execute("update shop_order set amount=amount+1 where id%2=0")
    print(rows("select count(*) from shop_order where amount_safemigrate_old is distinct from amount or qty is distinct from qty_safemigrate_old"))
    print(project.safemigrate("shop", "0001"))
    assert dump() == before
    print(project.safemigrate())
    assert dump() == mid
    project.write("0003_finish", '''
FinishAlterField("order","amount"),
FinishAlterField("order","qty"),
''')
    p = project.directory/"0003_finish.py"; p.write_text("from django_safemigrate.operations import *\n"+p.read_text())
    print(project.safemigrate())
    after = dump()
    for a in after: print(*a, sep="\n")
