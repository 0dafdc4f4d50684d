"""Names that fit, and that stay different."""

from __future__ import annotations

from django_safemigrate.compile.names import LONGEST, shortened, unquoted


def test_two_long_names_stay_two() -> None:
    """Trap 47: the server cuts a name at 63 bytes, so that two become one."""
    one, other = shortened("ä" * 60 + "one"), shortened("ä" * 60 + "other")
    assert one != other
    assert max(len(name.encode()) for name in (one, other)) <= LONGEST
    assert shortened("short") == "short"


def test_unquoted() -> None:
    assert unquoted('"a ""b"""') == 'a "b"'
    assert unquoted('"schema"."t"') == "t"
