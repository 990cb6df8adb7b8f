"""The pool of probes that a caller keeps ready, and the rule by which it believes one of them.

A member stands in the pool at most once, with its latest answer. Probes leave when they are too
old, used up, displaced by newer ones, or removed as the worst, so that a pool of the good ones
alone does not go stale while the bad ones pile up.
"""

from models.base.time import DurationNs, TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.prequal.probing import ProbeAnswer

UNLIMITED = -1
"""Uses of a probe that only age and removal end."""


class Probe:
    """A member's latest answer. ``in_flight`` grows with each use of it."""

    __slots__ = ("in_flight", "latency_ns", "member", "received_at", "sent_at", "uses_left")

    def __init__(
        self,
        member: int,
        answer: ProbeAnswer,
        *,
        sent_at: TimeNs,
        received_at: TimeNs,
        uses_left: int,
    ) -> None:
        self.member = member
        self.in_flight = answer.in_flight
        # Who has finished nothing yet is tried first; its growing load soon makes it hot.
        self.latency_ns = -1 if answer.latency_ns is None else answer.latency_ns
        self.sent_at = sent_at
        self.received_at = received_at
        self.uses_left = uses_left


class ProbePool:
    """At most ``size`` probes in the order in which they came. Every verb is O(size)."""

    __slots__ = ("_age_ns_max", "_probes", "_size")

    def __init__(self, size: int, age_ns_max: DurationNs) -> None:
        self._size = size
        self._age_ns_max = age_ns_max
        self._probes: dict[int, Probe] = {}

    def __len__(self) -> int:
        return len(self._probes)

    def probes(self) -> tuple[Probe, ...]:
        """All probes, the oldest first."""
        return tuple(self._probes.values())

    def put(self, probe: Probe) -> bool:
        """Take in an answer; the oldest leaves a full pool.

        False, and no change, if the member's answer in the pool was asked for at the same time
        or later: a duplicate, or overtaken on its way.
        """
        known = self._probes.get(probe.member)
        if known is not None:
            if probe.sent_at <= known.sent_at:
                return False
            del self._probes[probe.member]
        elif len(self._probes) >= self._size:
            self.remove_oldest()
        self._probes[probe.member] = probe
        return True

    def drop(self, member: int) -> None:
        """Forget what a member said, if it said anything."""
        self._probes.pop(member, None)

    def expire(self, now: TimeNs) -> None:
        """Forget probes that came more than the age limit before ``now``."""
        while self._probes:
            oldest = next(iter(self._probes.values()))
            if now - oldest.received_at <= self._age_ns_max:
                return
            del self._probes[oldest.member]

    def best(self, hot_above: int, avoid: int = NO_MEMBER) -> Probe | None:
        """The cold probe of lowest latency; if all are hot, the one with fewest in flight.

        Hot means more than ``hot_above`` requests in flight. Ties go to fewer in flight or lower
        latency, then to the older probe. None if only ``avoid`` has a probe.
        """
        candidates = [probe for probe in self._probes.values() if probe.member != avoid]
        cold = [probe for probe in candidates if probe.in_flight <= hot_above]
        if cold:
            return min(cold, key=_by_latency)
        return min(candidates, key=_by_load, default=None)

    def use(self, probe: Probe) -> None:
        """Count a request sent on the strength of a probe; forget it with its last use."""
        probe.in_flight += 1
        probe.uses_left -= 1
        if not probe.uses_left:
            del self._probes[probe.member]

    def remove_oldest(self) -> None:
        """Forget the probe that came first; nothing if there is none."""
        if self._probes:
            del self._probes[next(iter(self._probes))]

    def remove_worst(self, hot_above: int) -> None:
        """Forget what would be chosen last: the hottest, or if all are cold the slowest."""
        hot = [probe for probe in self._probes.values() if probe.in_flight > hot_above]
        worst = max(hot, key=_by_load, default=None)
        if worst is None:
            worst = max(self._probes.values(), key=_by_latency, default=None)
        if worst is not None:
            del self._probes[worst.member]


def _by_latency(probe: Probe) -> tuple[int, int]:
    return probe.latency_ns, probe.in_flight


def _by_load(probe: Probe) -> tuple[int, int]:
    return probe.in_flight, probe.latency_ns
