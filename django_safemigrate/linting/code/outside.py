"""What code does beyond the database, by well-known modules: a rollback does not take it back, and a retry does it again."""

from __future__ import annotations

from typing import Any

MODULES = {
    "aiohttp": "talks to another service",
    "boto3": "talks to another service",
    "botocore": "talks to another service",
    "django.core.mail": "sends mail",
    "http.client": "talks to another service",
    "httpx": "talks to another service",
    "paramiko": "talks to another machine",
    "requests": "talks to another service",
    "smtplib": "sends mail",
    "stripe": "talks to another service",
    "subprocess": "starts another program",
    "urllib.request": "talks to another service",
    "urllib3": "talks to another service",
}
# What makes a request, or puts one together to be sent; constants, errors and helpers of these modules do nothing.
_HARMLESS = {"quote", "unquote", "urlencode", "Request", "HTTPError", "RequestException"}
_QUEUES = {"celery", "django.tasks", "dramatiq", "huey", "rq"}
_SENDS = {"delay", "apply_async", "enqueue", "send", "send_with_options", "schedule"}


def effect(function: Any) -> str:
    """What a call of this does beyond the database; empty where nothing is known of that."""
    module, name = getattr(function, "__module__", None), getattr(function, "__name__", "")
    if not isinstance(module, str) or (isinstance(function, type) and issubclass(function, Exception)):
        return ""
    return effect_of(f"{module}.{name}")


def effect_of(name: str) -> str:
    """The same by its dotted name."""
    if name.rpartition(".")[2] in _HARMLESS:
        return ""
    return next((does for known, does in MODULES.items() if name.startswith(f"{known}.")), "")


def starts_task(owner: Any, method: str) -> bool:
    """Whether a method hands work to a task queue: its workers do not see what is not committed yet."""
    if method not in _SENDS:
        return False
    modules = {one.__module__ for one in type(owner).__mro__}
    return any(f"{module}.".startswith(f"{queue}.") for module in modules for queue in _QUEUES)
