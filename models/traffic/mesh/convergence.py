"""How far a version has come: which share of the proxies runs it, and after how long all did."""

from collections import deque
from dataclasses import dataclass, replace

from models.base.time import DurationNs, TimeNs
from models.traffic.mesh.messages import Version


@dataclass(frozen=True, slots=True)
class Convergence:
    """One version on its way, by the clock of the control plane.

    A proxy counts from when its acknowledgement arrives, so the times include the way back.
    ``converged_at`` is the first instant at which every proxy that was then known ran the
    version; None if there was none, as when one refuses it. ``superseded_at`` is when a newer
    version took its place; ``proxies`` and ``current`` are those of that instant, or of now.
    """

    version: Version
    published_at: TimeNs
    proxies: int = 0
    current: int = 0
    converged_at: TimeNs | None = None
    superseded_at: TimeNs | None = None

    @property
    def share_ratio(self) -> float | None:
        """Share of the proxies that run the version, in [0, 1]; None without proxies."""
        return self.current / self.proxies if self.proxies else None

    @property
    def time_to_converge_ns(self) -> DurationNs | None:
        """From publication to convergence."""
        return None if self.converged_at is None else self.converged_at - self.published_at


class ConvergenceLog:
    """The newest version's progress, and that of the ``past_max`` versions before it."""

    __slots__ = ("_newest", "_past")

    def __init__(self, version: Version, *, past_max: int, now: TimeNs) -> None:
        self._newest = Convergence(version, now)
        self._past: deque[Convergence] = deque(maxlen=past_max)

    @property
    def newest(self) -> Convergence:
        """How far the newest version is."""
        return self._newest

    @property
    def past(self) -> tuple[Convergence, ...]:
        """How far those before it came, the oldest first."""
        return tuple(self._past)

    def publish(self, version: Version, *, now: TimeNs) -> None:
        """A newer version is on its way; no proxy runs it yet."""
        self._past.append(replace(self._newest, superseded_at=now))
        self._newest = Convergence(version, now, proxies=self._newest.proxies)

    def note(self, *, proxies: int, current: int, now: TimeNs) -> None:
        """So many proxies are known now, and so many of them run the newest version."""
        converged_at = self._newest.converged_at
        if converged_at is None and 0 < proxies == current:
            converged_at = now
        self._newest = replace(
            self._newest, proxies=proxies, current=current, converged_at=converged_at
        )
