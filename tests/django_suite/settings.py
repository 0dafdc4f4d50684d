"""The settings of Django's suite, in its process: those of its own example, on PostgreSQL with the engine under test.

https://docs.djangoproject.com/en/stable/internals/contributing/writing-code/unit-tests/#using-another-settings-module
"""

import json
import os

from test_sqlite import *  # type: ignore[import-not-found]  # noqa: F403  # next to runtests.py

DATABASE = "DJANGO_SUITE_DATABASE"

_database = json.loads(os.environ[DATABASE])
DATABASES = {
    "default": {**_database, "NAME": "django_suite"},
    "other": {**_database, "NAME": "django_suite_other"},
}
if _database["ENGINE"].endswith(".live"):
    SAFEMIGRATE = {"SMALL_TABLE": None, "ALLOW_UNSAFE": ["*"]}
TEST_RUNNER = "tests.django_suite.recording.Runner"
