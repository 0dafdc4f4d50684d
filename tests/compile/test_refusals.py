"""What has no safe way is refused: the fact, the reason, and what to do instead."""

from __future__ import annotations

import pytest
from django.db import connection, models
from django.db.migrations import Migration

from django_safemigrate.compile.binding import Binding
from django_safemigrate.compile.operations import Compiler
from django_safemigrate.compile.situation import Allowances
from django_safemigrate.values.errors import Refused
from django_safemigrate.values.limits import SmallTable
from django_safemigrate.values.steps import Step
from tests.compile.runs import changes, prepared

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("server")]


def compiled(name: str, allowances: Allowances) -> list[Step]:
    state, migration = prepared(changes()[name])
    compiler = Compiler(migration, connection, allowances)
    return [step for bound in Binding(migration, state) for step in compiler.compile(bound)]

@pytest.mark.parametrize("name", [
 "column renamed", "column renamed by db_column", "table renamed", "model renamed", "stored generated column", "exclusion constraint", "integer to bigint", "longer text, with a unique functional index",
 "primary key added in place of another", "primary key to bigint", "partitioned table: longer text, with a partial index", "collation of unique text"])
def test_it(name):
    with pytest.raises(Refused) as error:
        compiled(name, Allowances(small=SmallTable(rows=0)))
    print("=====", name)
    print(error.value)
