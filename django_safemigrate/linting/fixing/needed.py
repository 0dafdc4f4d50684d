"""The library that keeps what it does not touch."""

from __future__ import annotations

from importlib.util import find_spec

from django_safemigrate.values.errors import UsageError


def has_library() -> bool:
    """Whether files can be rewritten."""
    return find_spec("libcst") is not None


def check_library() -> None:
    """Raise ``UsageError`` with the command to type where it is not installed."""
    if not has_library():
        raise UsageError(
            "libcst is not installed, and without it no file can be rewritten.",
            "It keeps comments and the form of everything that is not corrected.",
            "Run: pip install 'django-safemigrate-pg[fix]'",
        )
