"""``python -m benchmarks.linting.command lintmigrations ...``: a command in a project whose settings hook into Django's.

Django's own entry asks for a setting before it sets up; pulpcore has replaced the settings by then. What the command costs
from when the project is set up goes into the file that ``LINTING_COST`` names: seconds on the wall, and of the processor.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from pathlib import Path

import django
from django.core.management import ManagementUtility

COST = "LINTING_COST"


def main() -> None:
    warnings.simplefilter("ignore")
    django.setup()
    wall, processor = time.monotonic(), time.process_time()
    try:
        ManagementUtility(sys.argv).execute()
    finally:
        if COST in os.environ:
            Path(os.environ[COST]).write_text(json.dumps([time.monotonic() - wall, time.process_time() - processor]))


if __name__ == "__main__":
    main()
