"""A real browser, without a screen: Chromium, spoken to over two pipes (the DevTools protocol).

https://chromedevtools.github.io/devtools-protocol/, with ``--remote-debugging-pipe``: messages of JSON, each ended by a NUL.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 120.0  # seconds


def chromium() -> str | None:
    """The path of a Chromium or Chrome on this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """A tab. ``complaints``: what was written on the console, and what the browser itself had to say."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._write_to, self._read_from = to_browser, from_browser
        self._number, self._session, self._waiting = 0, "", b""
        self.complaints: list[str] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> Any:
        """A command of the protocol, and its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write_to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def open(self, url: str) -> None:
        """And wait until it is there."""
        self.ask("Page.navigate", url=url)
        until = time.monotonic() + PATIENCE
        while self.value("document.readyState") != "complete" or self.value("location.href") == "about:blank":
            assert time.monotonic() < until, f"{url} does not load"

    def value(self, expression: str) -> Any:
        """What JavaScript says, as JSON has it."""
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def window(self, width: int, height: int = 900, *, scale: float = 1.0) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 600,
        )

    def medium(self, name: str = "screen", *, scheme: str = "light") -> None:
        """``screen`` or ``print``; ``scheme``: light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", media=name, features=features)

    def picture(self, path: Path, *, whole: bool = True) -> None:
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _next(self) -> Any:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._waiting:
            ready, _, _ = select.select([self._read_from], [], [], max(0.0, until - time.monotonic()))
            assert ready, "the browser says nothing"
            piece = os.read(self._read_from, 1 << 16)
            assert piece, "the browser is gone"
            self._waiting += piece
        message, _, self._waiting = self._waiting.partition(b"\0")
        said = json.loads(message)
        if said.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            self.complaints.append(json.dumps(said["params"]))
        return said


@contextlib.contextmanager
def browser() -> Iterator[Page]:
    """A page of a browser that ends with the context. Its profile is a directory that is gone then."""
    path = chromium()
    assert path is not None
    ours, theirs = os.pipe(), os.pipe()  # what it reads, what it writes
    with tempfile.TemporaryDirectory(prefix="safemigrate-browser-", ignore_cleanup_errors=True) as profile:
        command = [
            path,
            "--headless=new",
            "--remote-debugging-pipe",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--hide-scrollbars",
            "--force-color-profile=srgb",
            f"--user-data-dir={profile}",
        ]
        # It reads from descriptor 3 and writes to 4; whatever is passed on has to be neither before.
        passed = [fcntl.fcntl(one, fcntl.F_DUPFD, 5) for one in (ours[0], theirs[1])]
        process = subprocess.Popen(
            ["bash", "-c", f'exec 3<&{passed[0]} 4>&{passed[1]}; exec "$@"', "bash", *command],
            pass_fds=passed,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for descriptor in (ours[0], theirs[1], *passed):
            os.close(descriptor)
        try:
            yield Page(ours[1], theirs[0])
        finally:
            with contextlib.suppress(OSError):
                os.write(ours[1], json.dumps({"id": 0, "method": "Browser.close"}).encode() + b"\0")
            os.close(ours[1])
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            os.close(theirs[0])
