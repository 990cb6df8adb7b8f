"""Faults of a process that lives: it aborts, hangs, stands still or is slow."""

from dataclasses import dataclass

from models.faults.kind import InstanceFault


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
