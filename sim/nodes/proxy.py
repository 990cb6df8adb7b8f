"""A channel with stages around the straight path, for edges that ask for more.

A call passes: chain (limit, concurrency), hedges, line for a connection, aim, and then the straight
path of :class:`~sim.nodes.channel.Channel`, which knows nothing of this module. Every stage may be
missing. What the chain decides is decided by :mod:`models.traffic.proxy`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.base.outcome import Decision, Outcome
from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.config import PoolConfig
from models.traffic.outlier.detector import OutlierAction
from models.traffic.proxy.chain import TURNED_AWAY, ProxyChain
from sim.kernel.clocks import NodeClock
from sim.kernel.driver import Driver
from sim.kernel.ties import USER
from sim.nodes.aim import Aim, BalancedAim, KeyAim, RoleAim
from sim.nodes.attempt import Attempt, CallKey, Request, key_of
from sim.nodes.channel import Channel, Completion, Target
from sim.nodes.connections import Asking, ConnectionLine
from sim.nodes.hedges import HedgedCalls
from sim.nodes.plan import PlanNode
from sim.nodes.stores.database import Database


@dataclass(frozen=True, slots=True)
class Stages:
    """What stands around the straight path of one channel. ``callee`` is the service called.

    Endpoints in ``once`` are never called twice.
    """

    callee: str
    chain: ProxyChain | None = None
    pool: PoolConfig | None = None
    database: Database | None = None
    once: frozenset[str] = frozenset()


class ProxyChannel(Channel):
    """Calls one service for one caller, by way of a chain."""

    __slots__ = (
        "_aim", "_chain", "_clock", "_end", "_hedges", "_permits", "_sweeps", "_was_refused",
        "line",
    )  # fmt: skip

    def mount(self, stages: Stages, clock: NodeClock) -> None:
        """Lay the stages around; before the first target comes into view."""
        self._clock = clock
        self._chain = stages.chain
        self._end = self._call_ended
        self._permits: dict[CallKey, int] = {}
        self._was_refused = False
        self._aim = self._aim_at(stages.database)
        self.line: ConnectionLine | None = None
        if stages.pool is not None:
            self.line = ConnectionLine(self._kernel, stages.pool, stages.callee, self)
        self._hedges: HedgedCalls | None = None
        self._sweeps: Driver[tuple[OutlierAction, ...]] | None = None
        chain = stages.chain
        if chain is None:
            return
        self._call_ended: Completion = self._try_ended
        if chain.hedger is not None:
            self._hedges = HedgedCalls(self._kernel, chain.hedger, self, stages.once)
        if chain.outliers is not None:
            self._sweeps = Driver(
                self._kernel, clock, chain.outliers, tie_class=USER, deliver=self._swept
            )
            self._sweeps.start()

    def _aim_at(self, database: Database | None) -> Aim | None:
        keyed = KeyAim(self._balancer) if self._balancer.needs_key else None
        if database is None:
            return keyed
        return RoleAim(database, self._in_favour, keyed or BalancedAim(self._pick))

    def _in_favour(self) -> Iterable[int]:
        """Members in view that are not ejected; all of them if all are."""
        members = [target.member for target in self.targets()]
        outliers = None if self._chain is None else self._chain.outliers
        if outliers is None:
            return members
        return [member for member in members if not outliers.is_ejected(member)] or members

    def add_target(self, target: Target, weight: int) -> None:
        """An instance has come into the caller's view, with a clean record."""
        super().add_target(target, weight)
        if self._chain is not None and self._chain.outliers is not None:
            self._chain.outliers.add(target.member)

    def drop_target(self, member: int) -> None:
        """An instance has left the caller's view."""
        super().drop_target(member)
        if self._chain is not None and self._chain.outliers is not None:
            self._chain.outliers.remove(member)

    def retire(self) -> None:
        """Another channel judges members from now on."""
        if self._sweeps is not None:
            self._sweeps.stop()

    def close(self) -> None:
        """The caller is gone, and what it knew with it."""
        self.retire()

    def call(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int = 1,
        avoid: int = NO_MEMBER,
    ) -> None:
        """Let a call in, and send its first try; or send a further one."""
        if try_number == 1 and self._chain is not None:
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
    ) -> None:
        """Send one try of a call that was let in, when there is a connection for it."""
        if self.line is None:
            self.transmit(node, request, parent, try_number, avoid)
        else:
            self.line.ask(node, request, parent, try_number, avoid)

    def transmit(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int,
        avoid: int,
    ) -> None:
        """Send a try now."""
        if self._aim is not None:
            self._pick = self._aim.towards(node, request)
        outer, self._was_refused = self._was_refused, False
        super().call(node, request, parent, try_number, avoid)
        if not self._was_refused:
            self._sent(next(reversed(self._waiting.values())))
        self._was_refused = outer

    def _sent(self, attempt: Attempt) -> None:
        """A try has left."""
        if self._hedges is not None:
            self._hedges.sent(attempt)

    def withdraw(self, call: CallKey, try_number: int) -> None:
        """A try that waits for a connection is no longer wanted."""
        if self.line is not None:
            self.line.withdraw(call, try_number)

    def go_without(self, asking: Asking) -> None:
        """Write down a try that was never sent, from when it asked."""
        if asking.try_number == 1:
            self._first_tries += 1
        attempt = self._unsent(
            asking.node, asking.request, asking.parent, asking.try_number, asking.start_ns
        )
        self._fail(attempt, Outcome.NO_CONNECTION)

    def forget(self, asking: Asking) -> None:
        """Nobody waits for that call any more."""
        call = key_of(asking.node, asking.request, asking.parent)
        if self._hedges is not None:
            self._hedges.forget(call)
        self._give_up(call)

    def kept_jobs(self) -> Iterable[int]:
        """Jobs one of whose calls waits for a connection."""
        return () if self.line is None else self.line.kept_jobs()

    def end(self, last: Attempt, outcome: Outcome) -> None:
        """A call has ended, after all its tries."""
        assert self._chain is not None
        permit = self._permits.pop(key_of(last.node, last.request, last.parent))
        self._chain.left(permit, outcome, self._kernel.now - last.start_ns, self._local_now)
        self._tell_caller(last, outcome)

    def abandon(self, attempt: Attempt, *, tell_server: bool) -> None:
        """The caller is gone or no longer wants the answer."""
        if self.line is not None:
            self.line.give_back()
        super().abandon(attempt, tell_server=tell_server)
        if self._hedges is None or self._hedges.abandoned(attempt):
            self._give_up(key_of(attempt.node, attempt.request, attempt.parent))

    def _retry_now(self, failed: Attempt) -> None:
        parent = failed.parent
        if parent is not None and parent.is_aborted:
            self._give_up(key_of(failed.node, failed.request, parent))
            return
        super()._retry_now(failed)

    def _give_up(self, key: CallKey) -> None:
        permit = self._permits.pop(key, None)
        if permit is not None:
            assert self._chain is not None
            self._chain.gone(permit)

    def turn_away(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        outcome: Outcome,
        start_ns: TimeNs,
    ) -> None:
        """End a call that is never sent; a fallback may hide that."""
        attempt = self._unsent(node, request, parent, 1, start_ns)
        self._record(attempt, outcome, Decision.NONE)
        if self._chain is None:
            self._call_ended(attempt, outcome)
        else:
            self._tell_caller(attempt, outcome)

    def _turn_away(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        outcome: Outcome = Outcome.LIMITED,
    ) -> None:
        """A call that is not let in is one attempt that never left."""
        self.turn_away(node, request, parent, outcome, self._kernel.now)

    def _tell_caller(self, last: Attempt, outcome: Outcome) -> None:
        assert self._chain is not None
        told = self._chain.answered(outcome, self._local_now)
        if told is Outcome.FALLBACK and last.parent is not None:
            told = Outcome.OK
        self._end(last, told)

    def _try_ended(self, last: Attempt, outcome: Outcome) -> None:
        if self._hedges is None:
            self.end(last, outcome)
        else:
            self._hedges.ended(last, outcome)

    def _refuse(self, attempt: Attempt, permit: int) -> None:
        self._was_refused = True
        if self.line is not None:
            self.line.give_back()
        super()._refuse(attempt, permit)

    def _on_answer(self, attempt: Attempt) -> None:
        if attempt.id not in self._waiting:
            return
        is_success = attempt.result is Outcome.OK
        if is_success and self._hedges is not None:
            self._hedges.won(attempt)
        if self.line is not None:
            self.line.give_back()
        if is_success:
            self._hear(attempt, Outcome.OK)
        super()._on_answer(attempt)

    def _timed_out(self, attempt: Attempt) -> None:
        if self.line is not None:
            self.line.give_back()
        super()._timed_out(attempt)

    def _learn(self, attempt: Attempt, outcome: Outcome) -> None:
        super()._learn(attempt, outcome)
        self._hear(attempt, outcome)

    def _hear(self, attempt: Attempt, outcome: Outcome) -> None:
        target = attempt.target
        assert target is not None
        if self._chain is not None and self._chain.heard(target.member, outcome, self._local_now):
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

    @property
    def _local_now(self) -> TimeNs:
        return self._clock.monotonic_at(self._kernel.now)
