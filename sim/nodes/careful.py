"""A channel whose calls remember: overall deadlines, deadlines of callers, stateful retries.

Edges that do not ask for them are served without this module. What is decided here is decided by
:mod:`models.traffic.careful`.
"""

from __future__ import annotations

from models.base.outcome import Decision, Outcome
from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.careful import Call, CarefulRetries
from models.traffic.config import DeadlineConfig, EdgeConfig
from models.traffic.deadline import NO_DEADLINE, NO_TIME, try_ends
from models.traffic.retry import decision_of
from sim.kernel.ties import USER
from sim.nodes.attempt import Attempt, CallKey, Request, key_of
from sim.nodes.plan import PlanNode
from sim.nodes.proxy import ProxyChannel
from sim.nodes.queueing.marks import deadline_of

_NO_DEADLINES = DeadlineConfig()


class CarefulChannel(ProxyChannel):
    """Keeps one :class:`Call` for every call under way.

    A call whose time is over when it is made fails without being sent (EXPIRED). A try is given
    up at its time-out or at the call's deadline, whichever comes first.
    """

    __slots__ = ("_calls", "_deadlines", "_total_ns", "_tries")

    def follow(self, edge: EdgeConfig) -> None:
        """Heed the edge's deadlines and retries; after mounting, before any call."""
        self._deadlines = edge.deadline or _NO_DEADLINES
        self._total_ns = self._clock.true_at(self._deadlines.total_ns)
        self._calls: dict[CallKey, Call] = {}
        self._tries: CarefulRetries | None = None
        if self._retry is not None:
            self._tries = CarefulRetries(self._retry, edge.retry.once)

    def call(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int = 1,
        avoid: int = NO_MEMBER,
    ) -> None:
        """Begin a call, if it has any time; or send a further try."""
        if try_number == 1:
            now = self._kernel.now
            deadline = try_ends(now, self._total_ns, self._inherited(request, parent))
            if deadline == NO_TIME:
                self._turn_away(node, request, parent, Outcome.EXPIRED)
                return
            self._calls[key_of(node, request, parent)] = Call(deadline)
        super().call(node, request, parent, try_number, avoid)

    def _sent(self, attempt: Attempt) -> None:
        super()._sent(attempt)
        call = self._calls[key_of(attempt.node, attempt.request, attempt.parent)]
        attempt.deadline_ns = call.deadline
        if self._tries is not None:
            self._tries.sent(call, self._kernel.now)
        is_sooner = not self.timeout_ns or call.deadline < attempt.start_ns + self.timeout_ns
        if is_sooner and call.deadline != NO_DEADLINE:
            due = max(call.deadline, self._kernel.now)
            self._kernel.post(due, USER, self._overdue, attempt)

    def end(self, last: Attempt, outcome: Outcome) -> None:
        """A call has ended, after all its tries."""
        del self._calls[key_of(last.node, last.request, last.parent)]
        super().end(last, outcome)

    def abandon(self, attempt: Attempt, *, tell_server: bool) -> None:
        """The caller is gone or no longer wants the answer."""
        call = self._calls.get(key_of(attempt.node, attempt.request, attempt.parent))
        if call is not None and self._tries is not None:
            self._tries.left(call, self._kernel.now)
        super().abandon(attempt, tell_server=tell_server)

    def _inherited(self, request: Request, parent: Attempt | None) -> TimeNs:
        if not self._deadlines.propagates:
            return NO_DEADLINE
        deadline: TimeNs
        if parent is None:
            deadline = getattr(request, "deadline_ns", NO_DEADLINE)
        else:
            deadline = deadline_of(parent)
        return deadline if deadline == NO_DEADLINE else deadline - self._deadlines.margin_ns

    def _overdue(self, attempt: Attempt) -> None:
        if attempt.id in self._waiting:
            self._timed_out(attempt)

    def _give_up(self, key: CallKey) -> None:
        call = self._calls.pop(key, None)
        if call is not None and self._tries is not None:
            self._tries.left(call, self._kernel.now)
        super()._give_up(key)

    def _turn_away(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        outcome: Outcome = Outcome.LIMITED,
    ) -> None:
        self._calls.pop(key_of(node, request, parent), None)
        super()._turn_away(node, request, parent, outcome)

    def _on_answer(self, attempt: Attempt) -> None:
        is_success = attempt.id in self._waiting and attempt.result is Outcome.OK
        if is_success and self._tries is not None:
            call = self._calls[key_of(attempt.node, attempt.request, attempt.parent)]
            self._tries.succeeded(call, self._kernel.now)
        super()._on_answer(attempt)

    def _fail(self, attempt: Attempt, outcome: Outcome) -> None:
        """Record a try that failed; retry it while there is time, or end the call."""
        decision = Decision.NONE
        if self._retry is not None and self._tries is not None:
            self._retry.first_tries(self._first_tries)
            self._first_tries = 0
            kernel, node = self._kernel, attempt.node
            call = self._calls[key_of(node, attempt.request, attempt.parent)]
            delay = self._tries.decide(call, outcome, attempt.try_number, node.endpoint, kernel.now)
            decision = decision_of(delay)
            if decision is Decision.RETRIED:
                self._record(attempt, outcome, decision)
                kernel.post(kernel.now + delay, USER, self._retry_now, attempt)
                return
        self._record(attempt, outcome, decision)
        self._call_ended(attempt, outcome)
