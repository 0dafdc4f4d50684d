"""A new database, filled by ``safemigrate`` and by stock ``migrate``: the whole history of real apps, in pairs.

    pip install -r tests/real_apps/requirements.txt && python -m benchmarks.new_database [GROUP ...] [--pairs 5]

Prints, for each group of apps, the medians of wall time and processor time of the processes that ran them, and the ratio
ours / stock. The two of a pair run one after the other, in an order that changes from pair to pair.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from dataclasses import dataclass

from django_safemigrate.testing.postgres import server_url
from tests.real_apps.databases import NEW_DATABASE, STOCK, Variant, database, run
from tests.real_apps.groups import GROUPS


@dataclass(frozen=True)
class Cost:
    """Seconds, of a clock on the wall and of the processor."""

    wall: float
    cpu: float


def measured(server: str, group: str, variant: Variant) -> Cost:
    with database(server, f"benchmark_{group}_{variant.name}") as url:
        cpu, wall = _children(), time.monotonic()
        run(url, GROUPS[group], variant)
        return Cost(time.monotonic() - wall, _children() - cpu)


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", default=sorted(GROUPS), metavar="GROUP", help=", ".join(sorted(GROUPS)))
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    print(f"{'group':<10} {'stock wall / cpu':>20} {'ours wall / cpu':>20} {'ratio wall / cpu':>18}")
    with server_url() as server:
        for group in options.groups:
            costs: dict[str, list[Cost]] = {STOCK.name: [], NEW_DATABASE.name: []}
            for pair in range(options.pairs):
                for variant in (STOCK, NEW_DATABASE)[:: 1 if pair % 2 else -1]:
                    costs[variant.name].append(measured(server, group, variant))
            print(_row(group, costs[STOCK.name], costs[NEW_DATABASE.name]), flush=True)


def _row(group: str, stock: list[Cost], ours: list[Cost]) -> str:
    wall = [statistics.median(cost.wall for cost in costs) for costs in (stock, ours)]
    cpu = [statistics.median(cost.cpu for cost in costs) for costs in (stock, ours)]
    return (
        f"{group:<10} {wall[0]:>10.2f} / {cpu[0]:>5.2f} s {wall[1]:>10.2f} / {cpu[1]:>5.2f} s "
        f"{wall[1] / wall[0]:>10.2f} / {cpu[1] / cpu[0]:>5.2f}"
    )


if __name__ == "__main__":
    main()
