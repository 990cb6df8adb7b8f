"""Stores that keep rate limits for many callers: one node each, a message away, in one zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from models.base.samplers import Sampler, make_sampler
from models.base.streams import Stream
from models.base.time import TimeNs
from models.faults.network import Carried
from models.traffic.config import EdgeConfig
from models.traffic.limiter.shared import LimitStore, StoreAnswer, StoreRequest
from models.traffic.limiter.token_bucket import TokenBucket
from models.traffic.proxy.config import LimitStoreConfig, RateLimitConfig
from sim.kernel.environment import Kernel
from sim.kernel.ties import NETWORK, USER
from sim.network.link import CONTROL_BYTES, Link
from sim.network.links import Network
from sim.nodes.power import Power


class LimitStoreNode:
    """Answers questions while its zone has power; the counts outlive an outage.

    A question takes a draw of the config's ``work`` at the store. Faults find the node by its
    zone.
    """

    __slots__ = ("_config", "_kernel", "_network", "_number", "_power", "_store", "_work", "asked")

    def __init__(
        self,
        kernel: Kernel,
        network: Network,
        power: Power,
        limit: RateLimitConfig,
        config: LimitStoreConfig,
        stream: Stream,
    ) -> None:
        self._kernel = kernel
        self._network = network
        self._power = power
        self._config = config
        self._number = network.stations.whole(config.zone)
        self._store = LimitStore(lambda _: TokenBucket(limit.rate, limit.burst))
        self._work: Sampler | None = None
        if config.work is not None:
            self._work = make_sampler(config.work, stream)
        self.asked = 0

    def ask(
        self,
        request: StoreRequest,
        caller: int,
        zone: str,
        deliver: Callable[[StoreAnswer], object],
    ) -> None:
        """Carry a question from a caller to the store, and the answer back, if nothing is lost."""
        out = self._network.link(zone, self._config.zone)
        back = self._network.link(self._config.zone, zone)

        def work(_: None) -> None:
            self._work_on(request, lambda answer: self._carry(back, homeward, deliver, answer))

        homeward = (self._number, caller)
        self._carry(out, (caller, self._number), work, None)

    def _work_on(self, request: StoreRequest, reply: Callable[[StoreAnswer], object]) -> None:
        if not self._power.is_on(self._config.zone):
            return
        self.asked += 1
        if self._work is None:
            reply(self._store.answer(request, now=self._kernel.now))
            return
        done = self._kernel.now + self._work.draw()
        self._kernel.post(done, USER, lambda _: self._worked(request, reply), None)

    def _worked(self, request: StoreRequest, reply: Callable[[StoreAnswer], object]) -> None:
        if self._power.is_on(self._config.zone):
            reply(self._store.answer(request, now=self._kernel.now))

    def _carry(
        self,
        link: Link,
        ends: tuple[int, int],
        deliver: Callable[..., object],
        message: StoreAnswer | None,
    ) -> None:
        now: TimeNs = self._kernel.now
        for arrival in link.arrivals(*ends, Carried.OTHER, CONTROL_BYTES, now):
            self._kernel.post(arrival, NETWORK, deliver, message)


def open_limit_stores(
    kernel: Kernel,
    network: Network,
    power: Power,
    edges: Iterable[EdgeConfig],
    streams: Callable[[str], Stream],
) -> dict[tuple[str, str], LimitStoreNode]:
    """One for each edge whose limit all callers share, by caller and callee."""
    stores = {}
    for edge in edges:
        limit = None if edge.proxy is None else edge.proxy.limit
        if limit is not None and limit.store is not None:
            stream = streams(f"limits/{edge.caller}->{edge.callee}")
            stores[edge.caller, edge.callee] = LimitStoreNode(
                kernel, network, power, limit, limit.store, stream
            )
    return stores
