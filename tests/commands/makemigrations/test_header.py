"""The line of a file that declares its phase."""

from __future__ import annotations

from datetime import timedelta

import pytest

from django_safemigrate import Safe
from django_safemigrate.doing.headers import with_safe

from .releases import EXPAND

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("text", ["", "x = 1\n", EXPAND, "class Migration(MyMigration):\n    pass\n"])
def test_text_that_is_not_djangos_or_has_a_phase_stays_as_it_is(text: str) -> None:
    assert with_safe(text, Safe.after_deploy()) == text


def test_imports_of_a_delay_come_once() -> None:
    text = "import datetime\nfrom django.db import migrations\n\n\nclass Migration(migrations.Migration):\n\n    pass\n"
    assert with_safe(text, Safe.after_deploy(delay=timedelta(days=4))) == (
        "import datetime\nfrom django.db import migrations\nfrom django_safemigrate import Safe\n\n\n"
        "class Migration(migrations.Migration):\n"
        "    safe = Safe.after_deploy(delay=datetime.timedelta(days=4))\n\n    pass\n"
    )
