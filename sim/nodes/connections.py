"""The connections of one channel to its service: a bounded number, and a line for the rest."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Protocol

from models.base.time import TimeNs
from models.faults.exhaustion import taken_of
from models.traffic.concurrency.pool_limits import Admission, PoolLimits, PoolLimitsConfig
from models.traffic.config import PoolConfig
from sim.kernel.environment import Kernel
from sim.kernel.lanes import TimeoutLane
from sim.nodes.attempt import Attempt, CallKey, Request, key_of
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


class Asker(Protocol):
    """The channel whose tries need connections."""

    def transmit(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int,
        avoid: int,
    ) -> None:
        """Send a try that has its connection."""

    def go_without(self, asking: Asking) -> None:
        """That try gets no connection."""

    def forget(self, asking: Asking) -> None:
        """Nobody waits any more for the call of that try, which was not sent."""


class ConnectionLine:
    """A try holds a connection from its sending until its caller knows how it ended.

    A try that is given up closes its connection, and the pool opens another at once. Who waits
    longest is next; the wait is no part of the try, whose time-out begins when it is sent.
    """

    __slots__ = (
        "_asked",
        "_asker",
        "_askings",
        "_connections",
        "_kernel",
        "_limits",
        "_line",
        "_owed",
        "callee",
    )

    def __init__(self, kernel: Kernel, pool: PoolConfig, callee: str, asker: Asker) -> None:
        self._kernel = kernel
        self._asker = asker
        self.callee = callee
        self._limits = PoolLimits(
            PoolLimitsConfig(
                connections_max=pool.connections,
                pending_max=pool.pending,
                requests_max=pool.connections + 1,
            )
        )
        self._connections = pool.connections
        self._asked = 0
        self._owed = 0
        self._line: deque[Asking] = deque()
        self._askings: TimeoutLane[Asking] = TimeoutLane(kernel, pool.wait_ns, self._waited_in_vain)

    @property
    def in_use(self) -> int:
        """How many connections carry a try."""
        return self._limits.snapshot().active

    @property
    def pending(self) -> int:
        """How many tries wait for a connection."""
        return self._limits.snapshot().pending

    def kept_jobs(self) -> Iterator[int]:
        """Jobs one of whose calls waits for a connection."""
        for asking in self._askings.outstanding():
            if asking.parent is not None:
                yield asking.parent.id

    def ask(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int,
        avoid: int,
    ) -> None:
        """Send a try by a free connection, or let it wait for one, or turn it away."""
        admission = self._limits.arrive()
        if admission is Admission.SEND:
            self._asker.transmit(node, request, parent, try_number, avoid)
            return
        self._asked += 1
        what = (node, request, parent)
        asking = Asking(self._asked, self._kernel.now, what, try_number, avoid)
        if admission is Admission.WAIT:
            self._line.append(asking)
            self._askings.add(asking)
        else:
            self._asker.go_without(asking)

    def withhold(self, shares: Sequence[float]) -> None:
        """Open only what these shares leave of the connections; who waits for more is sent."""
        left = self._connections - taken_of(self._connections, shares)
        for _ in range(self._limits.resize(left)):
            self._send_next()

    def withdraw(self, call: CallKey, try_number: int) -> None:
        """A try that waits is no longer wanted."""
        for asking in self._askings.outstanding():
            whose = key_of(asking.node, asking.request, asking.parent)
            if whose == call and asking.try_number == try_number:
                self._leave(asking)
                return

    def give_back(self) -> None:
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
        parent = asking.parent
        if parent is not None and parent.is_aborted:
            self.give_back()
            self._asker.forget(asking)
            return
        self._asker.transmit(asking.node, asking.request, parent, asking.try_number, asking.avoid)

    def _waited_in_vain(self, asking: Asking) -> None:
        self._leave(asking)
        if asking.parent is not None and asking.parent.is_aborted:
            self._asker.forget(asking)
        else:
            self._asker.go_without(asking)

    def _leave(self, asking: Asking) -> None:
        del self._askings.waiting[asking.id]
        self._limits.give_up()
