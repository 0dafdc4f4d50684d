"""The published apps have a tox environment of their own; elsewhere their histories are not collected."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("wagtail") else ["test_histories.py"]
