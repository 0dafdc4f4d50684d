"""pulpcore's own settings, given the few facts without which they refuse to load."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

_until_exit = tempfile.TemporaryDirectory(prefix="real-apps-")
_key = Path(_until_exit.name) / "database_fields.symmetric.key"
_key.write_bytes(Fernet.generate_key())
os.environ |= {
    "PULP_DB_ENCRYPTION_KEY": str(_key),
    "PULP_CONTENT_ORIGIN": "http://example.com",
    "PULP_SECRET_KEY": "not a secret",
}

from pulpcore.app.settings import *  # noqa: E402, F403
