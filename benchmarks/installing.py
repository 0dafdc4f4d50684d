"""Other people's tools in an environment of their own, so that they do not meet this package's requirements."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path


def python_with(requirements: Path, directory: Path, interpreter: str = sys.executable) -> str:
    """The Python of a virtual environment with these requirements. It is made when it is first asked for, or when they have
    changed, and kept for the next run."""
    python, done = directory / "bin" / "python", directory / "requirements.txt"
    if not done.exists() or done.read_text() != requirements.read_text():
        print(f"Installing the other tools into {directory.name}/", file=sys.stderr, flush=True)
        shutil.rmtree(directory, ignore_errors=True)
        subprocess.run([interpreter, "-m", "venv", directory], check=True, timeout=120)
        install = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "-r", requirements]
        subprocess.run(list(map(str, install)), check=True, timeout=600)
        done.write_text(requirements.read_text())
    return str(python)
