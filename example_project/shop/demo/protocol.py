"""The words that a worker says to the demo, one a line; every other line of its own is a request in JSON."""

READY, STOPPED = "ready", "stopped"
