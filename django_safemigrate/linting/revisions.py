"""What git says has changed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from django_safemigrate.values.errors import UsageError

# Seconds; a repository is on this machine.
_PATIENCE = 60


def changed_files(revision: str, directories: Iterable[Path]) -> set[Path]:
    """The files below directories that are new or have changed since they left a branch's base, committed or not.

    ``revision``: a commit, branch or tag. What counts is the newest commit that it has in common with what is checked out,
    so that what others have merged meanwhile is nobody's change. Directories outside of any repository have no changes.
    Raises ``UsageError`` without git, and for a revision that no repository knows.
    """
    if shutil.which("git") is None:
        raise UsageError(
            "There is no git on this machine.",
            "--since asks it which migrations have changed.",
            "Name the migrations, for example: manage.py lintmigrations shop 0004",
        )
    found: set[Path] = set()
    bases: dict[Path, str] = {}
    for directory in directories:
        root = root_of(directory)
        if root is None:
            continue
        if root not in bases:
            bases[root] = _base(root, revision)
        found |= _changed(root, bases[root], directory)
    if not bases:
        raise UsageError(
            "No migrations of the project lie in a git repository.",
            "--since compares them with a revision.",
            "Run: manage.py lintmigrations --all",
        )
    return found


def root_of(directory: Path) -> Path | None:
    """The top of the repository that a directory is in; None where it is in none, or where there is no git."""
    if not directory.is_dir() or shutil.which("git") is None:
        return None
    answer = _git(directory, "rev-parse", "--show-toplevel")
    return Path(answer.stdout.strip()).resolve() if answer.returncode == 0 else None


def _base(root: Path, revision: str) -> str:
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit.returncode:
        raise UsageError(
            f"git does not know the revision {revision!r} in {root}.",
            "--since takes a commit, a branch or a tag that has been fetched.",
            f"Run: git fetch origin {revision.removeprefix('origin/')}",
        )
    common = _git(root, "merge-base", commit.stdout.strip(), "HEAD")
    # Without a common commit, as in a shallow clone, the revision itself is what there is to compare with.
    return common.stdout.strip() or commit.stdout.strip()


def _changed(root: Path, base: str, directory: Path) -> set[Path]:
    changed = _git(root, "diff", "--name-only", "-z", "--diff-filter=d", base, "--", str(directory))
    new = _git(root, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", str(directory))
    return {root / name for answer in (changed, new) for name in answer.stdout.split("\0") if name}


def _git(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-C", str(directory), *arguments], capture_output=True, text=True, check=False, timeout=_PATIENCE
    )
