"""Small helpers for Django's migration states."""

from __future__ import annotations

from django.db.migrations.state import ProjectState


def unrendered(state: ProjectState) -> ProjectState:
    """A copy of a state without its model classes, which cost most of the time that operations take on a state."""
    return ProjectState({key: model.clone() for key, model in state.models.items()}, real_apps=state.real_apps)


def knows_content_types(state: ProjectState) -> bool:
    """Whether ``django.contrib.contenttypes`` is installed."""
    return ("contenttypes", "contenttype") in state.models or "contenttypes" in state.real_apps
