"""A new database, filled by ``safemigrate`` and by stock ``migrate``: the whole history of real apps, in pairs.

    pip install -r tests/real_apps/requirements.txt && python -m benchmarks.new_database [GROUP ...] [--pairs 5]

Prints, for each group of apps, the medians of wall time and processor time of the processes that ran them, and the median
of the pairs' ratios ours / stock. The two of a pair run one after the other, in an order that changes from pair to pair.
"""

from __future__ import annotations

import argparse
from functools import partial

from benchmarks.measuring import HEADER, Cost, cost, row
from django_safemigrate.testing.postgres import server_url
from tests.real_apps.databases import NEW_DATABASE, STOCK, Variant, database, run
from tests.real_apps.groups import GROUPS


def measured(server: str, group: str, variant: Variant) -> Cost:
    with database(server, f"benchmark_{group}_{variant.name}") as url:
        return cost(lambda: run(url, GROUPS[group], variant))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", default=sorted(GROUPS), metavar="GROUP", help=", ".join(sorted(GROUPS)))
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    print(HEADER)
    with server_url() as server:
        for group in options.groups:
            stock, ours = (partial(measured, server, group, variant) for variant in (STOCK, NEW_DATABASE))
            print(row(group, options.pairs, stock, ours), flush=True)


if __name__ == "__main__":
    main()
