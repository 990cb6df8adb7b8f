"""The entrance to an edge for which the mesh has rules that stand before any channel.

A call is held up, ended at once, or sent on to the channel of a subset, which makes all its tries.
What happens to which call is decided by :mod:`models.traffic.mesh.router`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count

from models.base.outcome import Outcome
from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.mesh.router import MeshRouter
from sim.kernel.ties import USER
from sim.nodes.attempt import Attempt, Request
from sim.nodes.channel import Channel
from sim.nodes.plan import PlanNode


@dataclass(frozen=True, slots=True)
class _Call:
    """A call on its way through the entrance; ``abort`` is how it ends there, if it does."""

    number: int
    node: PlanNode
    request: Request
    parent: Attempt | None
    way: Channel
    abort: Outcome | None
    start_ns: TimeNs


class RoutedChannel(Channel):
    """Sends nothing itself: its own view and lane stay empty.

    A call is held up before its first try begins, so no time-out counts the delay. An aborted one
    is not tried again: the rule stands before the policies of tries.

    Source: Envoy fault filter, which comes before the router filter.
    """

    __slots__ = ("_callee", "_held", "_numbers", "_router", "_ways")

    def route_by(self, router: MeshRouter, callee: str, ways: Mapping[str, Channel]) -> None:
        """Send calls on by these ways, one for each subset that ``router`` may name."""
        self._router = router
        self._callee = callee
        self._ways = ways
        self._numbers = count()
        self._held: dict[int, _Call] = {}

    def call(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int = 1,
        avoid: int = NO_MEMBER,
    ) -> None:
        """Decide about a call, and send it on now or when its delay is over."""
        decision = self._router.route(self._callee)
        way = self._ways[decision.destination.subset]
        if decision.abort is None and not decision.delay_ns:
            way.call(node, request, parent, try_number, avoid)
            return
        now = self._kernel.now
        call = _Call(next(self._numbers), node, request, parent, way, decision.abort, now)
        if decision.delay_ns:
            self._held[call.number] = call
            self._kernel.post(now + decision.delay_ns, USER, self._let_go, call)
        else:
            _pass(call)

    def _let_go(self, call: _Call) -> None:
        del self._held[call.number]
        if call.parent is None or not call.parent.is_aborted:
            _pass(call)

    def kept_jobs(self) -> Iterable[int]:
        """Jobs one of whose calls is held up."""
        return [call.parent.id for call in self._held.values() if call.parent is not None]


def _pass(call: _Call) -> None:
    if call.abort is None:
        call.way.call(call.node, call.request, call.parent)
    else:
        call.way.turn_away(call.node, call.request, call.parent, call.abort, call.start_ns)
