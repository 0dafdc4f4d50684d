"""Run a command on a pseudo-terminal, and type what it asks for."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

CONTROL_C = "\x03"
CONTROL_D = "\x04"
SECONDS = 120
# Of silence, after which a key that nobody has noticed is pressed again.
AGAIN = 10

# What waits for somebody to type, and what they have typed.
PROMPT = re.compile(
    r"^(?:Select an option|Please select a valid option)(?: \[1\])?: |^.*>>> |^.*\[y/N\] ", re.MULTILINE
)

# Ctrl-C reaches the process whose terminal it is; what a shell started in the background ignores it, until told otherwise.
OWN_TERMINAL = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def typed(shown: str) -> list[str]:
    """What somebody has typed in a session that is shown; empty where nothing was asked."""
    return [shown[prompt.end() :].partition("\n")[0] for prompt in PROMPT.finditer(shown)]


def run(
    words: Sequence[str], answers: Sequence[str], *, directory: Path, environment: Mapping[str, str]
) -> tuple[int, str]:
    """The exit status, and the session as it stands on the screen. Ends the input after the last answer."""
    ours, theirs = os.openpty()
    attributes = termios.tcgetattr(theirs)
    attributes[1] &= ~termios.OPOST  # no \r
    attributes[3] &= ~termios.ECHO  # what is typed is put in here, where it was asked for
    termios.tcsetattr(theirs, termios.TCSANOW, attributes)
    process = subprocess.Popen(
        [sys.executable, "-c", OWN_TERMINAL, *words],
        cwd=directory,
        env={**environment, "DJANGO_COLORS": "nocolor"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        session = "".join(_session(ours, iter(answers)))
        return process.wait(SECONDS), session
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _session(ours: int, answers: Iterator[str]) -> Iterator[str]:
    until, line, pressed = time.monotonic() + SECONDS, "", b""
    while time.monotonic() < until:
        if not select.select([ours], [], [], AGAIN)[0]:
            if pressed:  # Python may overlook a signal that comes just before it reads
                os.write(ours, pressed)
            continue
        try:
            said = os.read(ours, 65536).decode()
        except OSError:  # what Linux says at the end
            return
        if not said:
            return
        yield said
        pressed = b""
        line = (line + said).rpartition("\n")[2]
        if PROMPT.fullmatch(line):
            answer = next(answers, CONTROL_D)
            control = answer in {CONTROL_C, CONTROL_D}
            os.write(ours, answer.encode() if control else f"{answer}\n".encode())
            line = ""
            if control:
                pressed = answer.encode()
            else:
                yield f"{answer}\n"
    raise TimeoutError(f"The command did not come to its end within {SECONDS} s.")
