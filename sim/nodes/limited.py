"""A channel whose calls ask a shared store first whether they may be made.

The call waits for the store's answer, or for the time-out after which its caller decides alone.
What is decided here is decided by :mod:`models.traffic.limiter.shared`.
"""

from __future__ import annotations

from collections.abc import Iterable

from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.limiter.shared import (
    SharedLimiter,
    SharedLimiterConfig,
    SharedVerdict,
    StoreAnswer,
)
from models.traffic.proxy.config import LimitBy, LimitStoreConfig
from sim.kernel.driver import Driver
from sim.kernel.ties import USER
from sim.nodes.aim import NO_KEY
from sim.nodes.attempt import Attempt, Request
from sim.nodes.careful import CarefulChannel
from sim.nodes.plan import PlanNode
from sim.nodes.queueing.marks import NO_TENANT
from sim.nodes.stores.limits import LimitStoreNode

_Asked = tuple[PlanNode, Request, Attempt | None]


class LimitedChannel(CarefulChannel):
    """Keeps each call until its verdict; further tries of a call that was let in ask nobody."""

    __slots__ = ("_by", "_limiter", "_questions", "_store", "_verdicts", "_zone")

    def consult(self, store: LimitStoreNode, config: LimitStoreConfig, zone: str) -> None:
        """Ask this store from that zone; after mounting, before any call."""
        self._store = store
        self._zone = zone
        self._by = config.by
        self._limiter = SharedLimiter(
            SharedLimiterConfig(
                self._clock.true_at(config.timeout_ns), config.fails_open, config.remembers_refusals
            )
        )
        self._questions: dict[int, _Asked] = {}
        self._verdicts: Driver[tuple[SharedVerdict, ...]] = Driver(
            self._kernel, self._clock, self._limiter, tie_class=USER, deliver=self._timed_out_asking
        )
        self._verdicts.start()

    def close(self) -> None:
        """The caller is gone, and its questions with it."""
        super().close()
        self._verdicts.stop()

    def kept_jobs(self) -> Iterable[int]:
        """Jobs one of whose calls waits for the store, or for a connection."""
        yield from super().kept_jobs()
        for _, _, parent in self._questions.values():
            if parent is not None:
                yield parent.id

    def call(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int = 1,
        avoid: int = NO_MEMBER,
    ) -> None:
        """Ask whether a call may be made; or send a further try of one that may."""
        if try_number != 1:
            super().call(node, request, parent, try_number, avoid)
            return
        answer = self._limiter.ask(self._key_of(request), now=self._local_now)
        self._questions[answer.number] = (node, request, parent)
        if isinstance(answer, SharedVerdict):
            self._judge(answer)
            return
        self._store.ask(answer, self.caller_index, self._zone, self._told)
        self._verdicts.poke()

    def _told(self, answer: StoreAnswer) -> None:
        now: TimeNs = self._local_now
        verdict = self._limiter.answered(answer, now=now)
        if verdict is not None:
            self._verdicts.poke()
            self._judge(verdict)

    def _timed_out_asking(self, verdicts: tuple[SharedVerdict, ...]) -> None:
        for verdict in verdicts:
            self._judge(verdict)

    def _judge(self, verdict: SharedVerdict) -> None:
        node, request, parent = self._questions.pop(verdict.number)
        if parent is not None and parent.is_aborted:
            return
        if verdict.is_admitted:
            super().call(node, request, parent)
        else:
            self._turn_away(node, request, parent)

    def _key_of(self, request: Request) -> str:
        if self._by is LimitBy.KEY:
            return str(getattr(request, "key", NO_KEY))
        if self._by is LimitBy.TENANT:
            return str(getattr(request, "tenant", NO_TENANT))
        return ""
