"""A server that replays what this one does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Standby:
    """A physical standby that is connected now, or something else that receives WAL and does not replay it.

    ``client`` is its address, None on a Unix socket. ``state`` is that of ``pg_stat_replication``, None where this role
    may not see it; then nothing but the name is known. ``lag`` is the server's ``replay_lag`` in seconds, ``behind`` how
    many bytes there are that it has not replayed, ``replayed`` up to which position (bytes) it has. None: not visible, or
    not said: ``pg_receivewal`` never replays, and who has just come has not said anything yet.
    """

    application_name: str
    client: str | None = None
    state: str | None = None
    lag: float | None = None
    behind: int | None = None
    replayed: int | None = None

    @property
    def visible(self) -> bool:
        return self.state is not None

    def __str__(self) -> str:
        who = repr(self.application_name) + (f" ({self.client})" if self.client else "")
        if not self.visible:
            return f"{who}, not visible to this role"
        since = "" if self.lag is None else f", {self.lag:.1f} s"
        return f"{who}, {self.state}{since}" + ("" if self.behind is None else f", {self.behind} bytes behind")
