"""A channel with a chain of further policies around it, for edges that ask for more.

Edges that do not are served by :class:`~sim.nodes.channel.Channel` alone, which knows nothing of
this module. What is decided here is decided by :mod:`models.traffic.proxy`.
"""

from __future__ import annotations

from models.base.outcome import Decision, Outcome
from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.outlier.detector import OutlierAction
from models.traffic.proxy.chain import TURNED_AWAY, ProxyChain
from sim.kernel.clocks import NodeClock
from sim.kernel.driver import Driver
from sim.kernel.ties import USER
from sim.nodes.attempt import Attempt, Request
from sim.nodes.channel import Channel, Completion, Target
from sim.nodes.hedges import HedgedCalls
from sim.nodes.plan import PlanNode

NO_KEY = 0
"""What a request is about whose source gives it no key."""

_CallKey = tuple[int, int, int]


class ProxyChannel(Channel):
    """Calls one service for one caller, by way of a chain."""

    __slots__ = (
        "_chain", "_clock", "_end", "_hedges", "_key", "_permits", "_sweeps",
    )  # fmt: skip

    def mount(self, chain: ProxyChain, clock: NodeClock) -> None:
        """Lay the chain around; before the first target comes into view."""
        self._clock = clock
        self._chain = chain
        self._end = self._call_ended
        self._call_ended: Completion = self._try_ended
        self._permits: dict[_CallKey, int] = {}
        self._key = NO_KEY
        if self._balancer.needs_key:
            self._pick = self._pick_by_key
        self._hedges: HedgedCalls | None = None
        if chain.hedger is not None:
            self._hedges = HedgedCalls(self._kernel, chain.hedger, self)
        self._sweeps: Driver[tuple[OutlierAction, ...]] | None = None
        if chain.outliers is not None:
            self._sweeps = Driver(
                self._kernel, clock, chain.outliers, tie_class=USER, deliver=self._swept
            )
            self._sweeps.start()

    def add_target(self, target: Target, weight: int) -> None:
        """An instance has come into the caller's view, with a clean record."""
        super().add_target(target, weight)
        if self._chain.outliers is not None:
            self._chain.outliers.add(target.member)

    def drop_target(self, member: int) -> None:
        """An instance has left the caller's view."""
        super().drop_target(member)
        if self._chain.outliers is not None:
            self._chain.outliers.remove(member)

    def close(self) -> None:
        """The caller is gone, and what it knew with it."""
        if self._sweeps is not None:
            self._sweeps.stop()

    def call(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int = 1,
        avoid: int = NO_MEMBER,
    ) -> None:
        """Let a call in, and send its first try; or send a further one."""
        if try_number == 1:
            permit = self._chain.admit(self._local_now)
            if permit == TURNED_AWAY:
                self._turn_away(node, request, parent)
                return
            self._permits[key_of(node, request, parent)] = permit
            if self._hedges is not None:
                self._hedges.begin(node, request, parent)
                return
        self.send(node, request, parent, try_number, avoid)

    def send(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int,
        avoid: int = NO_MEMBER,
    ) -> Attempt | None:
        """Send one try of a call that was let in; None if it could not leave."""
        self._key = getattr(request, "key", NO_KEY)
        sent = len(self._waiting)
        super().call(node, request, parent, try_number, avoid)
        return next(reversed(self._waiting.values())) if len(self._waiting) > sent else None

    def end(self, last: Attempt, outcome: Outcome) -> None:
        """A call has ended, after all its tries."""
        permit = self._permits.pop(key_of(last.node, last.request, last.parent))
        now = self._local_now
        self._chain.left(permit, outcome, self._kernel.now - last.start_ns, now)
        told = self._chain.answered(outcome, now)
        if told is Outcome.FALLBACK and last.parent is not None:
            told = Outcome.OK
        self._end(last, told)

    def abandon(self, attempt: Attempt, *, tell_server: bool) -> None:
        """The caller is gone or no longer wants the answer."""
        super().abandon(attempt, tell_server=tell_server)
        if self._hedges is None or self._hedges.abandoned(attempt):
            self._give_up(attempt)

    def _retry_now(self, failed: Attempt) -> None:
        parent = failed.parent
        if parent is not None and parent.is_aborted:
            self._give_up(failed)
            return
        super()._retry_now(failed)

    def _give_up(self, attempt: Attempt) -> None:
        permit = self._permits.pop(key_of(attempt.node, attempt.request, attempt.parent), None)
        if permit is not None:
            self._chain.gone(permit)

    def _turn_away(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        outcome: Outcome = Outcome.LIMITED,
    ) -> None:
        """A call that is not let in is one attempt that never left."""
        attempt = Attempt()
        attempt.id = next(self._ids)
        attempt.channel = self
        attempt.node = node
        attempt.request = request
        attempt.parent = parent
        attempt.target = None
        attempt.try_number = 1
        attempt.start_ns = self._kernel.now
        attempt.wait_ns = 0
        attempt.is_aborted = False
        self._record(attempt, outcome, Decision.NONE)
        told = self._chain.answered(outcome, self._local_now)
        if told is Outcome.FALLBACK and parent is not None:
            told = Outcome.OK
        self._end(attempt, told)

    def _try_ended(self, last: Attempt, outcome: Outcome) -> None:
        if self._hedges is None:
            self.end(last, outcome)
        else:
            self._hedges.ended(last, outcome)

    def _on_answer(self, attempt: Attempt) -> None:
        is_success = attempt.id in self._waiting and attempt.result is Outcome.OK
        if is_success:
            self._hear(attempt, Outcome.OK)
        super()._on_answer(attempt)

    def _learn(self, attempt: Attempt, outcome: Outcome) -> None:
        super()._learn(attempt, outcome)
        self._hear(attempt, outcome)

    def _hear(self, attempt: Attempt, outcome: Outcome) -> None:
        target = attempt.target
        assert target is not None
        if self._chain.heard(target.member, outcome, self._local_now):
            self._balancer.mark_down(target.member)
            self._ports.member_judged(target, is_out=True)

    def _swept(self, actions: tuple[OutlierAction, ...]) -> None:
        for action in actions:
            target = self._targets[action.member]
            is_out = action.cause is not None
            if is_out:
                self._balancer.mark_down(action.member)
            else:
                self._balancer.mark_up(action.member)
            self._ports.member_judged(target, is_out=is_out)

    def _pick_by_key(self, now: TimeNs, avoid: int = NO_MEMBER) -> int:
        return self._balancer.pick_keyed(self._key, now, avoid)

    @property
    def _local_now(self) -> TimeNs:
        return self._clock.monotonic_at(self._kernel.now)


def key_of(node: PlanNode, request: Request, parent: Attempt | None) -> _CallKey:
    """One call of one request: its place in the tree, and the work on whose behalf it is made."""
    return (request.id, node.index, -1 if parent is None else parent.id)
