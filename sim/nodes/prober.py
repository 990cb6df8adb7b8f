"""Carries the probes of one caller to the instances of one service, and their answers back.

Probes are messages with latencies of their own, lost where requests are lost. A policy that asks
for them is :class:`~models.traffic.balancer.prequal.probing.ProbingBalancer`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from models.base.time import TimeNs
from models.faults.network import Carried
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.prequal.probing import ProbeAnswer, ProbingBalancer
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.kernel.ties import NETWORK
from sim.network.link import CONTROL_BYTES, Link
from sim.nodes.instance import Instance
from sim.nodes.probed import Probed

_Delivery: TypeAlias = Callable[[None], object]


@dataclass(frozen=True, slots=True)
class _Way:
    instance: Probed
    out: Link
    back: Link


@dataclass(frozen=True, slots=True)
class _Probe:
    way: _Way
    sent_at: TimeNs


class Prober:
    """Picks by the balancer and sends the probes that it asks for after each pick.

    ``caller_index`` is the caller's place in ``manifest.instances``, ``clock`` the caller's.
    ``sent`` and ``answered`` count probes.
    """

    __slots__ = (
        "_balancer", "_caller_index", "_clock", "_kernel", "_ways", "answered", "sent",
    )  # fmt: skip

    def __init__(
        self, kernel: Kernel, balancer: ProbingBalancer, caller_index: int, clock: NodeClock
    ) -> None:
        self._kernel = kernel
        self._balancer = balancer
        self._caller_index = caller_index
        self._clock = clock
        self._ways: dict[int, _Way] = {}
        self.sent = 0
        self.answered = 0

    def reach(self, instance: Instance, out: Link, back: Link) -> None:
        """An instance has come into view; these links carry probes there and answers back."""
        assert isinstance(instance, Probed)
        self._ways[instance.index] = _Way(instance, out, back)

    def pick(self, now: TimeNs, avoid: int = NO_MEMBER) -> int:
        """Pick as the balancer does. Hot path."""
        member = self._balancer.pick(now, avoid)
        for other in self._balancer.probes():
            self._send(_Probe(self._ways[other], now))
        return member

    def _send(self, probe: _Probe) -> None:
        self.sent += 1
        ends = (self._caller_index, probe.way.instance.index)
        self._carry(probe.way.out, ends, lambda _: self._asked(probe))

    def _asked(self, probe: _Probe) -> None:
        instance = probe.way.instance
        if instance.answers_probes:
            answer = instance.book.answer()
            ends = (instance.index, self._caller_index)
            self._carry(probe.way.back, ends, lambda _: self._told(probe, answer))

    def _told(self, probe: _Probe, answer: ProbeAnswer) -> None:
        self.answered += 1
        now = self._clock.monotonic_at(self._kernel.now)
        self._balancer.probe_answered(probe.way.instance.index, probe.sent_at, answer, now)

    def _carry(self, link: Link, ends: tuple[int, int], deliver: _Delivery) -> None:
        now = self._kernel.now
        if not link.is_plain and link.refuses(*ends, Carried.REQUESTS):
            return
        for arrival in link.arrivals(*ends, Carried.REQUESTS, CONTROL_BYTES, now):
            self._kernel.post(arrival, NETWORK, deliver, None)
