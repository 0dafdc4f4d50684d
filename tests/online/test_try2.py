from tests.support.database import execute, rows
import pytest
pytestmark=[pytest.mark.postgres]
def test_it(database, project, settings, capsys):
    settings.SAFEMIGRATE={"SMALL_TABLE": None}
    project.write("0001_initial", '''
migrations.CreateModel("Tag", [("id", models.AutoField(primary_key=True)), ("name", models.CharField(max_length=20))]),
migrations.CreateModel("Customer", [
    ("id", models.AutoField(primary_key=True)),
    ("name", models.CharField(max_length=20, unique=True)),
    ("boss", models.ForeignKey("shop.Customer", models.SET_NULL, null=True)),
    ("tags", models.ManyToManyField("shop.Tag")),
]),
migrations.CreateModel("Vip", [("customer_ptr", models.OneToOneField("shop.Customer", models.CASCADE, parent_link=True, primary_key=True, auto_created=True, serialize=False)), ("level", models.IntegerField())], bases=("shop.customer",)),
migrations.CreateModel("Order", [
    ("id", models.BigAutoField(primary_key=True)),
    ("customer", models.ForeignKey("shop.Customer", models.CASCADE)),
    ("payer", models.ForeignKey("shop.Customer", models.CASCADE, null=True, related_name="+", unique=False, db_index=False)),
    ("vip", models.ForeignKey("shop.Vip", models.CASCADE, null=True, related_name="+")),
], options={"constraints":[models.UniqueConstraint(fields=["customer","payer"], name="uq")]}),
''', initial="True")
    project.safemigrate()
    execute("insert into shop_customer(name) select n from generate_series(1,20000) n")
    execute("update shop_customer set boss_id=id/2 where id>1")
    execute("insert into shop_vip(customer_ptr_id, level) select n,n from generate_series(1,200) n")
    execute("insert into shop_tag(name) select n from generate_series(1,20) n")
    execute("insert into shop_customer_tags(customer_id, tag_id) select n,n from generate_series(1,20) n")
    execute("insert into shop_order(customer_id, payer_id, vip_id) select n,n,1+n/200 from generate_series(1,20000) n")
    execute("analyze")
    def dump():
        return [rows("select attrelid::regclass::text, attname, format_type(atttypid,atttypmod), attnotnull, attidentity from pg_attribute where attrelid::regclass::text like 'shop%' and attnum>0 and not attisdropped and (select relkind from pg_class where oid=attrelid)='r' order by 1, 2"),
         rows("select pg_get_indexdef(indexrelid), indisvalid from pg_index where indrelid::regclass::text like 'shop%' order by 1"),
         rows("select conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated from pg_constraint where conrelid::regclass::text like 'shop%' order by 1,2"),
         rows("select tgname from pg_trigger where tgrelid::regclass::text like 'shop%' and not tgisinternal"), rows("select * from pg_sequences where schemaname='public' and sequencename like 'shop%'")]
    before = dump()
    project.write("0002_alter", '''
AlterFieldOnline("customer","id", models.BigAutoField(primary_key=True)),
''')
    p = project.directory/"0002_alter.py"; p.write_text("from django_safemigrate.operations import *\n"+p.read_text())
    print(project.safemigrate())
    mid = dump()
    for a in mid: print(*a, sep="\n")
    execute("insert into shop_customer(name) select n from generate_series(20001,20010) n")
    project.write("0003_finish", '''
FinishAlterField("customer","id"),
''')
    p = project.directory/"0003_finish.py"; p.write_text("from django_safemigrate.operations import *\n"+p.read_text())
    print(project.safemigrate())
    after = dump()
    print("BEFORE")
    for a in before: print(*a, sep="\n")
    print("AFTER")
    for a in after: print(*a, sep="\n")
