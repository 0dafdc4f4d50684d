"""Comments that let findings pass, and what is wrong with them."""

from __future__ import annotations

import pytest

from tests.support.project import Project

from .reviews import ORDERS, codes, found, said

NO_WAY_BACK = "migrations.RunPython(print),"


@pytest.fixture
def shop(project: Project) -> Project:
    project.write("0001_initial", ORDERS, initial="True")
    return project


def test_at_the_end_of_a_line_of_the_operation(shop: Project) -> None:
    shop.write("0002_code", "migrations.RunPython(\n    print,  # safemigrate: ignore[SM401] -- gone for good\n),")
    assert codes(shop, "shop") == []
    assert said(shop, "shop", "0002") == "1 migration looked at: nothing found, 1 suppressed.\n"


def test_on_lines_above_it(shop: Project) -> None:
    shop.write(
        "0002_code",
        f"# safemigrate: ignore[SM401] -- gone\n# for good\n\n{NO_WAY_BACK}\n{NO_WAY_BACK}",
    )
    assert [(one["code"], one["operation"]) for one in found(shop, "shop")] == [("SM401", "1")]


def test_on_the_line_of_the_class(shop: Project) -> None:
    shop.write("0002_code", f"{NO_WAY_BACK}\n{NO_WAY_BACK}")
    path = shop.directory / "0002_code.py"
    for comment in (
        "# safemigrate: ignore[SM401] -- gone for good\nclass Migration(migrations.Migration):",
        "class Migration(migrations.Migration):  # safemigrate: ignore[SM401] -- gone for good",
    ):
        path.write_text(shop.text("0002_code").replace("class Migration(migrations.Migration):", comment))
        assert codes(shop, "shop") == []


def test_inside_of_an_operation_that_has_others(shop: Project) -> None:
    shop.write(
        "0002_code",
        f"""
        migrations.SeparateDatabaseAndState([
            {NO_WAY_BACK}
            # safemigrate: ignore[SM401] -- gone for good
            {NO_WAY_BACK}
        ]),
        # safemigrate: ignore[SM401] -- both of them
        migrations.SeparateDatabaseAndState([{NO_WAY_BACK} {NO_WAY_BACK}]),
        """,
    )
    assert [one["operation"] for one in found(shop, "shop")] == ["0.0"]


def test_on_the_line_of_a_function_and_elsewhere(shop: Project) -> None:
    shop.write("0002_code", "migrations.RunPython(fill, migrations.RunPython.noop),")
    path = shop.directory / "0002_code.py"
    fill = """
def fill(apps, schema_editor):
    order = apps.get_model("shop", "Order")
    order.objects.update(number="1")
    order.objects.update(number="2")
"""
    plain = shop.text("0002_code").replace("class Migration", f"{fill}\n\nclass Migration")
    path.write_text(plain)
    assert codes(shop, "shop") == ["0002 SM301", "0002 SM301"]
    line = '(number="1")  # safemigrate: ignore[SM301] -- few rows'
    path.write_text(plain.replace('(number="1")', line))
    assert codes(shop, "shop") == ["0002 SM301"]
    path.write_text(plain.replace("def fill", "# safemigrate: ignore[SM301] -- few rows\ndef fill"))
    assert codes(shop, "shop") == []


@pytest.mark.parametrize(
    ("comment", "code", "fact"),
    [
        ("ignore SM401 -- why", "SM901", "A comment with safemigrate: cannot be read."),
        ("ignore[] -- why", "SM901", "A comment with safemigrate: cannot be read."),
        ("ignore[SM4O3] -- why", "SM901", "A suppression names SM4O3, and there is no such code. Did you mean SM403?"),
        ("ignore[SM401]", "SM902", "The suppression of SM401 gives no reason, so it does not count."),
        ("ignore[SM402] -- why", "SM903", "A suppression of SM402 is for nothing: it is not found there."),
    ],
)
def test_what_is_wrong_with_it(shop: Project, comment: str, code: str, fact: str) -> None:
    shop.write("0002_code", f"# safemigrate: {comment}\n{NO_WAY_BACK}")
    wrong, finding = found(shop, "shop")
    assert (wrong["code"], wrong["fact"], wrong["line"]) == (code, fact, 14)
    assert finding["code"] == "SM401"


def test_codes_that_cannot_be_found_in_this_run_are_not_unused(shop: Project, settings: object) -> None:
    shop.write("0002_code", f"# safemigrate: ignore[SM401, SM403, SM107] -- why\n{NO_WAY_BACK}")
    assert codes(shop, "shop") == []
    assert codes(shop, "shop", "--runner", "migrate") == ["0002 SM903"]
    settings.SAFEMIGRATE = {"LINT": {"SEVERITY": {"SM403": "off"}}}  # type: ignore[attr-defined]
    assert codes(shop, "shop", "--runner", "migrate") == []


def test_a_file_in_an_encoding_of_its_own(shop: Project) -> None:
    shop.write("0002_code", f"{NO_WAY_BACK}  # safemigrate: ignore[SM401] -- gone f\u00fcr immer")
    path = shop.directory / "0002_code.py"
    path.write_bytes(b"# -*- coding: latin-1 -*-\n" + path.read_text(encoding="utf-8").encode("latin-1"))
    assert codes(shop, "shop") == []


def test_a_comment_behind_everything(shop: Project) -> None:
    shop.write("0002_code", "")
    path = shop.directory / "0002_code.py"
    path.write_text(path.read_text() + "# safemigrate: ignore[SM401] -- left over\n")
    assert codes(shop, "shop") == ["0002 SM903"]


def test_texts_that_only_look_like_comments(shop: Project) -> None:
    shop.write("0002_code", "migrations.RunSQL(\"SELECT '# safemigrate: ignore'\", ''),  # see safemigrate: it knows")
    assert codes(shop, "shop") == []
