"""Policies made of policies: all of them, any of them, or each within its share of a rate."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, TimeNs
from models.telemetry.tracing.tail.policies import Spans, TailPolicy


class AllOf:
    """Keeps what every policy keeps. They are asked in order until one says no.

    Put a policy with a rate last: it takes room only for what the others keep.

    Raises:
        ConfigError: there is no policy.
    """

    __slots__ = ("_policies", "name")

    def __init__(self, policies: Sequence[TailPolicy], name: str = "and") -> None:
        self._policies = _some(policies)
        self.name = name

    def keeps(self, spans: Spans, *, now: TimeNs) -> bool:
        """True when all say yes."""
        return all(policy.keeps(spans, now=now) for policy in self._policies)


class AnyOf:
    """Keeps what any policy keeps. They are asked in order until one says yes.

    Raises:
        ConfigError: there is no policy.
    """

    __slots__ = ("_policies", "name")

    def __init__(self, policies: Sequence[TailPolicy], name: str = "or") -> None:
        self._policies = _some(policies)
        self.name = name

    def keeps(self, spans: Spans, *, now: TimeNs) -> bool:
        """True when one says yes."""
        return any(policy.keeps(spans, now=now) for policy in self._policies)


@dataclass(frozen=True, slots=True)
class Allocation:
    """A policy and the percentage of the total rate that it may fill, in [0, 100]."""

    policy: TailPolicy
    percent: float


class Composite:
    """Shares a rate among policies: important ones get their part whatever the others keep.

    The first policy, in order, that would keep a trace decides: the trace is kept if its spans
    fit into that policy's share of the present second and into the whole; otherwise it is not,
    and later policies are not asked.

    Raises:
        ConfigError: the rate is below 1, a percentage is out of range, or they exceed 100.

    Source: OpenTelemetry Collector contrib, tailsamplingprocessor composite policy.
    """

    __slots__ = ("_allocations", "_kept", "_second", "_spans_per_second", "name")

    def __init__(
        self,
        spans_per_second: int,
        allocations: Sequence[Allocation],
        name: str = "composite",
    ) -> None:
        if spans_per_second < 1:
            raise ConfigError(f"a rate of {spans_per_second} spans per second keeps nothing")
        percents = [allocation.percent for allocation in allocations]
        if not percents or min(percents) < 0 or sum(percents) > 100:
            raise ConfigError("composite: percentages must be positive and at most 100 together")
        self.name = name
        self._spans_per_second = spans_per_second
        self._allocations = tuple(
            (allocation.policy, int(spans_per_second * allocation.percent / 100))
            for allocation in allocations
        )
        self._second = -1
        self._kept = [0] * len(self._allocations)

    def keeps(self, spans: Spans, *, now: TimeNs) -> bool:
        """True when the deciding policy has room left, which is taken."""
        if now // NS_PER_S != self._second:
            self._second, self._kept = now // NS_PER_S, [0] * len(self._allocations)
        for index, (policy, room) in enumerate(self._allocations):
            if policy.keeps(spans, now=now):
                return self._takes(index, room, len(spans))
        return False

    def _takes(self, index: int, room: int, count: int) -> bool:
        fits = self._kept[index] + count <= room
        if not fits or sum(self._kept) + count > self._spans_per_second:
            return False
        self._kept[index] += count
        return True


def _some(policies: Sequence[TailPolicy]) -> tuple[TailPolicy, ...]:
    if not policies:
        raise ConfigError("a combined policy needs policies")
    return tuple(policies)
