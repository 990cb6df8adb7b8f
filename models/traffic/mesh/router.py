"""Where one request goes: headers first, then the split; who gets a copy; what is broken.

The service that was addressed says which faults and copies apply. A request that is sent on to
another service follows that service's routes in turn, until a service keeps it; sent to a subset
it has arrived. No copy is made where the request itself goes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

from models.base.errors import SimulationError
from models.base.outcome import Outcome
from models.base.streams import Stream
from models.base.time import DurationNs
from models.traffic.gateway.headers import NO_HEADERS, Headers, all_met
from models.traffic.mesh.resolver import EdgePolicy
from models.traffic.mesh.rules import (
    MILLIONTHS_OF_PERCENT,
    PERCENT,
    Destination,
    FaultRule,
    Mirror,
    SplitRule,
    millionths,
)

_MILLION = PERCENT * MILLIONTHS_OF_PERCENT

PolicyOf: TypeAlias = Callable[[str], EdgePolicy]
"""The policy of the caller's edge to a service."""


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """Where a request goes, after which delay, with which copies, or how it ends at once.

    ``abort`` None: it is sent. An aborted request is not copied. ``hops`` counts the services
    that sent it on.
    """

    destination: Destination
    mirrors: tuple[Destination, ...] = ()
    delay_ns: DurationNs = 0
    abort: Outcome | None = None
    hops: int = 0


class MeshRouter:
    """Routes the requests of one caller.

    ``splits`` and ``faults`` are two streams, so that breaking something does not change where
    requests go. A split takes one draw, none if a header decides or one share is 100; a fault
    rule takes two, one for the delay and one for the abort, whatever their shares; a mirror
    takes one of ``faults`` unless it copies everything.
    """

    __slots__ = ("_faults", "_policy_of", "_splits")

    def __init__(self, policy_of: PolicyOf, *, splits: Stream, faults: Stream) -> None:
        self._policy_of = policy_of
        self._splits = splits
        self._faults = faults

    def route(self, callee: str, headers: Headers = NO_HEADERS) -> RouteDecision:
        """Decide about one request to ``callee``.

        Raises:
            SimulationError: services send requests in a circle, which a validated configuration
                rules out.
        """
        policy = self._policy_of(callee)
        destination, hops = self._follow(policy, headers)
        delay_ns, abort = self._break(policy.fault, headers)
        mirrors = () if abort is not None else self._copies(policy, destination)
        return RouteDecision(destination, mirrors, delay_ns, abort, hops)

    def _follow(self, policy: EdgePolicy, headers: Headers) -> tuple[Destination, int]:
        passed: list[str] = []
        while True:
            destination = self._next_hop(policy, headers)
            if destination.service == policy.callee:
                return destination, len(passed)
            passed.append(policy.callee)
            if destination.subset:
                return destination, len(passed)
            if destination.service in passed:
                way = " -> ".join((*passed, destination.service))
                raise SimulationError(f"a request is sent in a circle: {way}")
            policy = self._policy_of(destination.service)

    def _next_hop(self, policy: EdgePolicy, headers: Headers) -> Destination:
        for route in policy.header_routes:
            if all_met(route.conditions, headers):
                return route.destination
        if policy.split is None:
            return Destination(policy.callee)
        return self._split(policy.callee, policy.split, headers)

    def _split(self, callee: str, split: SplitRule, headers: Headers) -> Destination:
        key = headers.value(split.sticky_header) if split.sticky_header else None
        if any(share.percent == PERCENT for share in split.shares):
            point = 0
        elif key is not None:
            point = sticky_point(callee, key)
        else:
            point = self._splits.below(PERCENT)
        for share in split.shares:
            if point < share.percent:
                return share.destination
            point -= share.percent
        raise SimulationError(f"split of '{callee}': the shares do not sum to {PERCENT}")

    def _break(
        self, fault: FaultRule | None, headers: Headers
    ) -> tuple[DurationNs, Outcome | None]:
        if fault is None or not all_met(fault.conditions, headers):
            return 0, None
        is_late = self._faults.below(_MILLION) < millionths(fault.delay_percent)
        is_aborted = self._faults.below(_MILLION) < millionths(fault.abort_percent)
        return fault.delay_ns if is_late else 0, fault.abort_outcome if is_aborted else None

    def _copies(self, policy: EdgePolicy, destination: Destination) -> tuple[Destination, ...]:
        return tuple(
            mirror.destination
            for mirror in policy.mirrors
            if mirror.destination != destination and self._is_copied(mirror)
        )

    def _is_copied(self, mirror: Mirror) -> bool:
        share = millionths(mirror.percent)
        return share == _MILLION or self._faults.below(_MILLION) < share


def sticky_point(callee: str, key: str) -> int:
    """The percent in [0, 100) at which a key always stands in the splits of a service.

    Services have unrelated points, or the same users would be first everywhere.
    """
    text = f"{len(callee)}/{callee}/{key}".encode("utf-8", "surrogatepass")
    word = int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
    return word * PERCENT >> 64
