"""Faults of a process that lives: it aborts, hangs, refuses, stands still or is slow."""

from dataclasses import dataclass

from models.faults.kind import FaultKind, InstanceFault


@dataclass(frozen=True, slots=True)
class Abort(InstanceFault):
    """That share of connections to the target instances is reset as the request arrives."""

    name = "abort"

    ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class Hang(InstanceFault):
    """The target instances accept that share of requests and never answer them.

    Such a request takes neither a slot nor a place in the queue. What was at work before goes
    on, heartbeats and scrapes as well: a gray failure. What hangs stays unanswered afterwards.
    """

    name = "hang"

    ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class Pause(InstanceFault):
    """The target processes stand still with all their work and timers, then go on.

    What reaches them meanwhile is kept by their hosts and is dealt with, in order of coming, when
    they go on. A process that dies meanwhile is replaced by one that runs.
    """

    name = "pause"


@dataclass(frozen=True, slots=True)
class Slow(InstanceFault):
    """All work of the target instances takes ``factor`` times as long, also what is half done."""

    name = "slow"

    factor: float


@dataclass(frozen=True, slots=True)
class DependencyOutage(FaultKind):
    """A whole service refuses every request that comes; its processes run and keep their state.

    What was let in before is answered. Heartbeats, scrapes, and what the nodes of a database tell
    each other go on, so only checks of health can take somebody off a list for it.
    """

    name = "dependency_outage"

    service: str

    @property
    def where(self) -> str:
        """For people: whose it is."""
        return f"of service {self.service}"


@dataclass(frozen=True, slots=True)
class BadVersion(InstanceFault):
    """The target instances run a release that fails or is slow; it is rolled back at the end.

    ``errors`` is the share of requests that they answer with an error at once; all their work
    takes ``factor`` times as long.
    """

    name = "bad_version"

    errors: float = 0.0
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class BadConfig(InstanceFault):
    """The target instances were told something wrong: they answer with errors at once.

    Until they are told better, which is the end of the fault. ``ratio`` is the share of requests
    that meets what is wrong.
    """

    name = "bad_config"

    ratio: float = 1.0
