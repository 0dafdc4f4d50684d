"""Every kind of step is held to its promise on a real server: the locks it takes, and no rewrite and no scan under them."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.compile.runs import every_name, names, observed, problems

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("server")]


@pytest.mark.parametrize("name", every_name())
def test_a_step_keeps_its_promise(name: str) -> None:
    if name not in names():
        pytest.skip(f"PostgreSQL {connection.pg_version // 10_000} cannot do it")  # type: ignore[attr-defined]
    assert bool(observed(name)) == (name != "python only")
    assert "\n".join(problems(name)) == ""


@pytest.mark.parametrize("name", every_name())
def test_a_step_is_what_the_grammar_reads_in_its_sql(name: str) -> None:
    """PostgreSQL's own parser finds the kind and the locks that a step promises."""
    pytest.importorskip("postgast")
    from tests.grammar.agreement import disagreements

    if name not in names():
        pytest.skip(f"PostgreSQL {connection.pg_version // 10_000} cannot do it")  # type: ignore[attr-defined]
    assert [one for found in observed(name) for one in disagreements(found.step)] == []
