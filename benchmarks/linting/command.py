"""``python -m benchmarks.linting.command lintmigrations ...``: a command in a project whose settings hook into Django's.

Django's own entry asks for a setting before it sets up; pulpcore has replaced the settings by then.
"""

from __future__ import annotations

import sys
import warnings

import django
from django.core.management import ManagementUtility

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    django.setup()
    ManagementUtility(sys.argv).execute()
