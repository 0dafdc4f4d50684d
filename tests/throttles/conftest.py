"""The primary and its standby of the tests of standbys."""

from tests.standbys.conftest import pair, primary

__all__ = ["pair", "primary"]
