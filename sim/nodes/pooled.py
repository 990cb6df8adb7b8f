"""A channel whose tries need a connection: a bounded number of them, and a line for the rest."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from models.base.outcome import Outcome
from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.concurrency.pool_limits import Admission, PoolLimits, PoolLimitsConfig
from models.traffic.config import PoolConfig
from sim.kernel.lanes import TimeoutLane
from sim.nodes.attempt import Attempt, Request
from sim.nodes.channel import Channel
from sim.nodes.plan import PlanNode


class Asking:
    """A try that waits for a connection; it becomes an attempt when it gets one, or gives up."""

    __slots__ = ("avoid", "id", "node", "parent", "request", "start_ns", "try_number")

    def __init__(
        self,
        number: int,
        start_ns: TimeNs,
        what: tuple[PlanNode, Request, Attempt | None],
        try_number: int,
        avoid: int,
    ) -> None:
        self.id = number
        self.start_ns = start_ns
        self.node, self.request, self.parent = what
        self.try_number = try_number
        self.avoid = avoid


class PooledChannel(Channel):
    """Holds a connection from the sending of a try until its caller knows how it ended.

    A try that is given up closes its connection, and the pool opens another at once. Who waits
    longest is next; the wait is no part of the try, whose time-out begins when it is sent.
    """

    __slots__ = ("_asked", "_askings", "_limits", "_line", "_owed", "callee")

    def share(self, pool: PoolConfig, callee: str) -> None:
        """Use no more connections to the service than these; before any call."""
        self.callee = callee
        self._limits = PoolLimits(
            PoolLimitsConfig(
                connections_max=pool.connections,
                pending_max=pool.pending,
                requests_max=pool.connections + 1,
            )
        )
        self._asked = 0
        self._owed = 0
        self._line: deque[Asking] = deque()
        self._askings: TimeoutLane[Asking] = TimeoutLane(
            self._kernel, pool.wait_ns, self._waited_in_vain
        )

    @property
    def in_use(self) -> int:
        """How many connections carry a try."""
        return self._limits.snapshot().active

    @property
    def pending(self) -> int:
        """How many tries wait for a connection."""
        return self._limits.snapshot().pending

    def kept_jobs(self) -> Iterable[int]:
        """Jobs one of whose calls waits for a connection."""
        for asking in self._askings.outstanding():
            if asking.parent is not None:
                yield asking.parent.id

    def call(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int = 1,
        avoid: int = NO_MEMBER,
    ) -> None:
        """Send one try of a call, or let it wait for a connection."""
        admission = self._limits.arrive()
        if admission is Admission.SEND:
            super().call(node, request, parent, try_number, avoid)
            return
        self._asked += 1
        what = (node, request, parent)
        asking = Asking(self._asked, self._kernel.now, what, try_number, avoid)
        if admission is Admission.WAIT:
            self._line.append(asking)
            self._askings.add(asking)
        else:
            self._go_without(asking)

    def _waited_in_vain(self, asking: Asking) -> None:
        del self._askings.waiting[asking.id]
        self._limits.give_up()
        if asking.parent is None or not asking.parent.is_aborted:
            self._go_without(asking)

    def _go_without(self, asking: Asking) -> None:
        """Write down a try that was never sent, from when it asked."""
        if asking.try_number == 1:
            self._first_tries += 1
        attempt = Attempt()
        attempt.id = next(self._ids)
        attempt.channel = self
        attempt.node = asking.node
        attempt.request = asking.request
        attempt.parent = asking.parent
        attempt.target = None
        attempt.try_number = asking.try_number
        attempt.start_ns = asking.start_ns
        attempt.wait_ns = 0
        attempt.is_aborted = False
        self._fail(attempt, Outcome.NO_CONNECTION)

    def _give_back(self) -> None:
        """A connection is free for the next in the line; one that is refused gives it on."""
        self._owed += 1
        if self._owed > 1:
            return
        while self._owed:
            if self._limits.finish():
                self._send_next()
            self._owed -= 1

    def _send_next(self) -> None:
        asking = self._line.popleft()
        while asking.id not in self._askings.waiting:
            asking = self._line.popleft()
        del self._askings.waiting[asking.id]
        if asking.parent is not None and asking.parent.is_aborted:
            self._give_back()
            return
        super().call(asking.node, asking.request, asking.parent, asking.try_number, asking.avoid)

    def _refuse(self, attempt: Attempt) -> None:
        self._give_back()
        super()._refuse(attempt)

    def _on_answer(self, attempt: Attempt) -> None:
        if attempt.id in self._waiting:
            self._give_back()
            super()._on_answer(attempt)

    def _timed_out(self, attempt: Attempt) -> None:
        self._give_back()
        super()._timed_out(attempt)

    def abandon(self, attempt: Attempt, *, tell_server: bool) -> None:
        """The caller is gone or no longer wants the answer; nobody is told, nothing retried."""
        self._give_back()
        super().abandon(attempt, tell_server=tell_server)
