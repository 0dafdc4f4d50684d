"""Where the tools are installed: ours and stock Django in this Python, the others in an environment of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from benchmarks.installing import python_with

from .runners import Runner

ROOT = Path(__file__).parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
# One of the tools needs 3.12 or later.
INTERPRETERS = ("python3.13", "python3.12", "python3.14", "python3")
IMPORT = "import sys, importlib; importlib.import_module(sys.argv[1])"


@dataclass
class Environments:
    """``directory`` is made and filled when a tool is first asked for that lives there, and kept for the next run."""

    directory: Path
    interpreter: str | None = None
    _known: dict[str, str] = field(default_factory=dict)

    def python(self, runner: Runner) -> str:
        return self._others if runner.module else sys.executable

    def missing(self, runner: Runner) -> str:
        """Why the tool cannot be run here; empty when it can."""
        if not runner.module:
            return ""
        if runner.name not in self._known:
            imported = subprocess.run([self._others, "-c", IMPORT, runner.module], capture_output=True, timeout=60)
            version = subprocess.run([self._others, "--version"], capture_output=True, text=True, timeout=60).stdout
            self._known[runner.name] = f"not installed with {version.strip()}" if imported.returncode else ""
        return self._known[runner.name]

    @cached_property
    def _others(self) -> str:
        return python_with(REQUIREMENTS, self.directory, self.interpreter or _newest())


def _newest() -> str:
    """A Python in which as many of the tools as possible can be installed."""
    if sys.version_info >= (3, 12):
        return sys.executable
    for name in INTERPRETERS:
        found = shutil.which(name)
        if found and subprocess.run([found, "-c", "import venv"], capture_output=True, timeout=60).returncode == 0:
            return found
    return sys.executable
