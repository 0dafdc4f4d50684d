from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from shop.demo.traffic import serve


class Command(BaseCommand):
    help = "Serves made-up traffic; started by `demo`, which talks to it in lines."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=["pages", "report"])
        parser.add_argument("--every", type=float, required=True, help="seconds from one request to the next")
        parser.add_argument("--orders", type=int, default=0, help="how many orders there were at the beginning")
        parser.add_argument("--report-seconds", type=float, default=0.0)

    def handle(self, *args: Any, **options: Any) -> None:
        serve(
            kind=options["kind"],
            every=options["every"],
            orders=options["orders"],
            report_seconds=options["report_seconds"],
        )
