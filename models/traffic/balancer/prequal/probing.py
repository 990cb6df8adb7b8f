"""Probes as messages: what a member answers, and what a balancer that probes is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from models.base.time import DurationNs, TimeNs
from models.traffic.balancer.base import Balancer


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """How busy a member says it is.

    ``in_flight`` counts the requests it holds, waiting ones among them. ``latency_ns`` is what
    requests that met about as many took; None if none has ended yet.
    """

    in_flight: int
    latency_ns: DurationNs | None


@runtime_checkable
class ProbingBalancer(Balancer, Protocol):
    """A balancer that asks members how they are. Its carrier takes the questions there.

    After each pick the carrier calls ``probes`` and sends one probe to each member named; what
    comes back it hands in with the instant at which the probe was sent. Probes that are lost
    need no word.
    """

    def probes(self) -> Sequence[int]:
        """Members to be probed now. They are asked for once: the next call names others."""
        ...

    def probe_answered(
        self, member: int, sent_at: TimeNs, answer: ProbeAnswer, now: TimeNs, /
    ) -> None:
        """An answer has come back, in time or not, perhaps twice, perhaps out of order."""
        ...
