"""Django migrations on PostgreSQL that nobody notices: split by phase, run without making anyone wait."""

from .values.phases import Safe, When

__all__ = ["Safe", "When"]
