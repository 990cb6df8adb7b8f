"""The caller's side of one edge: view, balancer, breakers, time-out, retries.

Each calling instance has one channel per service it calls, as a side-car would. All policy is
asked of the deciders in ``models.traffic``; this file only carries messages and time.

Length: the way of an attempt, there and back, is read in one piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import heappush
from typing import Protocol

from models.base.outcome import CALLERS_FAULT, Decision, Outcome
from models.base.time import DurationNs, TimeNs
from models.faults.network import Carried
from models.traffic.balancer.base import NO_MEMBER, Balancer
from models.traffic.balancer.load.ledger import counts_of
from models.traffic.breaker import CircuitBreaker
from models.traffic.retry import RetryPolicy, decision_of
from sim.kernel.environment import Kernel
from sim.kernel.lanes import TimeoutLane
from sim.kernel.ties import NETWORK, USER
from sim.network.link import CONTROL_BYTES, Link
from sim.nodes.attempt import Attempt, Request
from sim.nodes.doubles import CopyDesk
from sim.nodes.instance import Instance
from sim.nodes.plan import PlanNode

PICKS_MAX = 3
"""How many members are offered to their breakers before the attempt is refused."""

_OK = Outcome.OK
_NO_DECISION = Decision.NONE
_ALWAYS, _REFUSED = 1, -1


class Target:
    """One instance as this caller sees it: the way there and back, and its breaker.

    ``permit`` is what an attempt gets without asking: the breaker's epoch while it lets all
    pass, 0 while it must be asked. ``epoch`` is the breaker's as last written down. Successes with
    the permit ``quiet_permit`` are only counted, in ``quiet``, until something else happens.
    """

    __slots__ = (
        "arrive", "back", "breaker", "epoch", "instance", "label", "member", "out", "permit",
        "quiet", "quiet_permit",
    )  # fmt: skip

    def __init__(
        self,
        *,
        instance: Instance,
        out: Link,
        back: Link,
        breaker: CircuitBreaker | None,
        label: str,
    ) -> None:
        self.instance = instance
        self.arrive: Callable[[Attempt], None] = instance.arrive
        self.member = instance.index
        self.out = out
        self.back = back
        self.breaker = breaker
        self.permit = _ALWAYS if breaker is None else breaker.closed_epoch
        self.quiet_permit = _ALWAYS if breaker is None else breaker.quiet_epoch
        self.quiet = 0
        self.epoch = 1
        self.label = label


class Completion(Protocol):
    """Told once how a call ended, after all its tries."""

    def __call__(self, last: Attempt, outcome: Outcome) -> None:
        """``last`` is the attempt that decided it."""


class ChannelPorts(Protocol):
    """What a channel needs of the world: numbers, and someone to tell."""

    @property
    def attempt_ids(self) -> Iterator[int]:
        """The numbers of attempts to come."""

    def record_attempt(self, attempt: Attempt, outcome: Outcome, decision: Decision) -> None:
        """Write down how an attempt ended."""

    def breaker_moved(self, target: Target) -> None:
        """Write down that a breaker has changed its state."""

    def member_judged(self, target: Target, *, is_out: bool) -> None:
        """Write down that a member was ejected as an outlier, or let in again."""


class Channel:
    """Calls one service for one caller.

    ``caller_index`` is the caller's place in ``manifest.instances``. ``call_ended`` is told of
    every call's end. ``drift_ppm`` is that of the caller's monotonic clock.
    """

    __slots__ = (
        "_active",
        "_agenda",
        "_balancer",
        "_call_ended",
        "_drift_ppm",
        "_first_tries",
        "_ids",
        "_kernel",
        "_load_finished",
        "_load_started",
        "_network_numbers",
        "_pick",
        "_ports",
        "_record",
        "_retry",
        "_targets",
        "_waiting",
        "answer",
        "caller_index",
        "lane",
    )

    def __init__(
        self,
        kernel: Kernel,
        ports: ChannelPorts,
        *,
        caller_index: int,
        balancer: Balancer,
        retry: RetryPolicy | None,
        timeout_ns: DurationNs,
        drift_ppm: int,
        call_ended: Completion,
    ) -> None:
        self._kernel = kernel
        self._agenda = kernel.agenda
        self._network_numbers = kernel.numbers[NETWORK]
        self._ports = ports
        self._ids = ports.attempt_ids
        self._record = ports.record_attempt
        self.caller_index = caller_index
        self._balancer = balancer
        self._pick: Callable[[TimeNs, int], int] = balancer.pick
        self._active = counts_of(balancer)
        self._load_started: Callable[[int], None] = balancer.started
        self._load_finished: Callable[[int, int, DurationNs], None] = (
            self._finished_now if balancer.needs_time else balancer.finished
        )
        self._retry = retry
        self._first_tries = 0
        self._drift_ppm = drift_ppm
        self._call_ended = call_ended
        self.answer: Callable[[Attempt], None] = self._on_answer
        self._targets: dict[int, Target] = {}
        self.lane: TimeoutLane[Attempt] = TimeoutLane(kernel, timeout_ns, self._timed_out)
        self._waiting = self.lane.waiting

    def pick_by(self, pick: Callable[[TimeNs, int], int]) -> None:
        """Ask this instead of the balancer's own verb; before any call."""
        self._pick = pick

    def add_target(self, target: Target, weight: int) -> None:
        """An instance has come into the caller's view."""
        self._targets[target.member] = target
        self._balancer.add(target.member, weight)

    def drop_target(self, member: int) -> None:
        """An instance has left the caller's view; attempts under way keep going."""
        del self._targets[member]
        self._balancer.remove(member)

    def take_over(self, former: Channel) -> None:
        """Share the view of a channel with the same balancer, whose place this one takes."""
        self._targets = former._targets

    def retire(self) -> None:
        """Another channel takes the place of this one; calls under way end as they began."""

    @property
    def timeout_ns(self) -> DurationNs:
        """How long a try may take; 0 is for ever."""
        return self.lane.duration_ns

    def kept_jobs(self) -> Iterable[int]:
        """Numbers of the caller's jobs that wait for a call which has not been sent yet."""
        return ()

    def targets(self) -> Iterator[Target]:
        """The caller's present view, in the order in which instances came into it."""
        return iter(self._targets.values())

    def sees(self, member: int) -> bool:
        """True while the instance of that index is in view."""
        return member in self._targets

    def call(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int = 1,
        avoid: int = NO_MEMBER,
    ) -> None:
        """Send one try of a call, by default the first."""
        if try_number == 1:
            self._first_tries += 1
        now = local_now = self._kernel.now
        if self._drift_ppm:
            local_now += now * self._drift_ppm // 1_000_000
        target = self._targets.get(self._pick(local_now, avoid))
        permit = 0 if target is None else target.permit
        if not permit and target is not None:
            target, permit = self._ask_breakers(target, local_now)
        attempt = Attempt()
        attempt.id = number = next(self._ids)
        attempt.channel = self
        attempt.node = node
        attempt.request = request
        attempt.parent = parent
        attempt.target = target
        attempt.try_number = try_number
        attempt.start_ns = now
        attempt.wait_ns = 0
        attempt.is_aborted = False
        if target is None:
            self._refuse(attempt, permit)
            return
        attempt.permit = permit
        if self._active is None:
            self._load_started(target.member)
        else:
            self._active[target.member] += 1
        self._waiting[number] = attempt
        if not self.lane.is_armed:
            self.lane.arm(attempt)
        link = target.out
        if link.is_plain:
            arrival = now + next(link.latencies)
            heappush(self._agenda, (arrival, next(self._network_numbers), target.arrive, attempt))
        else:
            self._send_through_faults(target, attempt)

    def turn_away(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        outcome: Outcome,
        start_ns: TimeNs,
    ) -> None:
        """End a call that began then and is never sent, by an attempt that never left."""
        attempt = self._unsent(node, request, parent, 1, start_ns)
        self._record(attempt, outcome, Decision.NONE)
        self._call_ended(attempt, outcome)

    def _unsent(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int,
        start_ns: TimeNs,
    ) -> Attempt:
        """An attempt that was asked for and never left."""
        attempt = Attempt()
        attempt.id = next(self._ids)
        attempt.channel = self
        attempt.node = node
        attempt.request = request
        attempt.parent = parent
        attempt.target = None
        attempt.try_number = try_number
        attempt.start_ns = start_ns
        attempt.wait_ns = 0
        attempt.is_aborted = False
        return attempt

    def _send_through_faults(self, target: Target, attempt: Attempt) -> None:
        """As rules of the network say. A copy comes by a connection of its own."""
        kernel, link, instance = self._kernel, target.out, target.instance
        ends = (self.caller_index, target.member)
        size_bytes = attempt.node.request_bytes
        arrivals = link.arrivals(*ends, Carried.REQUESTS, size_bytes, kernel.now)
        arrive = target.arrive
        if link.refuses(*ends, Carried.REQUESTS):
            arrive = instance.refuse
        for copies, arrival in enumerate(arrivals):
            travelling = CopyDesk(self).copy(attempt, copies) if copies else attempt
            kernel.post(arrival, NETWORK, arrive, travelling)

    def _ask_breakers(self, target: Target, local_now: TimeNs) -> tuple[Target | None, int]:
        """Ask the breaker of the member picked; if it refuses, those of a few others."""
        for picks_left in reversed(range(PICKS_MAX)):
            breaker = target.breaker
            assert breaker is not None
            permit = breaker.try_acquire(local_now)
            if permit:
                if permit != target.epoch:
                    self._breaker_moved(target, breaker)
                return target, permit
            if picks_left:
                another = self._targets.get(self._pick(local_now, target.member))
                if another is None:
                    break
                target = another
        return None, _REFUSED

    def _refuse(self, attempt: Attempt, permit: int) -> None:
        """Nobody to send to: every breaker asked is open, or there is nobody to pick."""
        is_open = permit == _REFUSED
        self._fail(attempt, Outcome.BREAKER_OPEN if is_open else Outcome.NO_ENDPOINT)

    def _on_answer(self, attempt: Attempt) -> None:
        """An answer has come back; too late if the attempt has been given up."""
        number = attempt.id
        if number not in self._waiting:
            return
        outcome = attempt.result
        if outcome is not _OK:
            self._learn(attempt, outcome)
            self._fail(attempt, outcome)
            return
        del self._waiting[number]
        target: Target = attempt.target  # type: ignore[assignment] # it was sent
        if self._active is None:
            self._load_finished(target.member, _OK, self._kernel.now - attempt.start_ns)
        else:
            self._active[target.member] -= 1
        if target.quiet_permit == attempt.permit:
            target.quiet += 1
        else:
            self._tell_breaker(attempt, target, is_failure=False)
        self._record(attempt, _OK, _NO_DECISION)
        self._call_ended(attempt, _OK)

    def _timed_out(self, attempt: Attempt) -> None:
        self._learn(attempt, Outcome.TIMEOUT)
        self._fail(attempt, Outcome.TIMEOUT)
        self._tell_server(attempt)

    def abandon(self, attempt: Attempt, *, tell_server: bool) -> None:
        """The caller is gone or no longer wants the answer; nobody is told, nothing retried."""
        self._learn(attempt, Outcome.CALLER_GONE)
        self._record(attempt, Outcome.CALLER_GONE, Decision.NONE)
        if tell_server:
            self._tell_server(attempt)

    def _tell_server(self, attempt: Attempt) -> None:
        target = attempt.target
        if target is not None and target.instance.drops_abandoned:
            kernel, link, cancel = self._kernel, target.out, target.instance.cancel
            if link.is_plain:
                kernel.post(kernel.now + next(link.latencies), NETWORK, cancel, attempt)
                return
            ends = (self.caller_index, target.member)
            for arrival in link.arrivals(*ends, Carried.REQUESTS, CONTROL_BYTES, kernel.now):
                kernel.post(arrival, NETWORK, cancel, attempt)

    def record_outstanding(self) -> None:
        """Write down the attempts that the end of the run has overtaken."""
        for attempt in self.lane.outstanding():
            self._record(attempt, Outcome.IN_FLIGHT, Decision.NONE)

    def _learn(self, attempt: Attempt, outcome: Outcome) -> None:
        """Feed the failure of an attempt that was sent back to balancer and breaker."""
        del self._waiting[attempt.id]
        target = attempt.target
        assert target is not None
        self._load_finished(target.member, outcome, self._kernel.now - attempt.start_ns)
        breaker = target.breaker
        if breaker is not None:
            if outcome is Outcome.CALLER_GONE:
                breaker.release(attempt.permit)
            else:
                is_failure = outcome not in CALLERS_FAULT
                self._tell_breaker(attempt, target, is_failure=is_failure)

    def _tell_breaker(self, attempt: Attempt, target: Target, *, is_failure: bool) -> None:
        """Record a result that is more than one success more, and all successes before it."""
        breaker = target.breaker
        assert breaker is not None
        breaker.quiet += target.quiet
        target.quiet = 0
        now = self._kernel.now
        duration = now - attempt.start_ns
        if self._drift_ppm:
            now += now * self._drift_ppm // 1_000_000
        if breaker.record(attempt.permit, is_failure, now, duration):
            self._breaker_moved(target, breaker)
        target.quiet_permit = breaker.quiet_epoch

    def _finished_now(self, member: int, outcome: int, duration_ns: DurationNs) -> None:
        """For balancers that learn from when an attempt ended."""
        now = self._kernel.now
        local_now = now + now * self._drift_ppm // 1_000_000
        self._balancer.finished_at(member, outcome, duration_ns, local_now)

    def _breaker_moved(self, target: Target, breaker: CircuitBreaker) -> None:
        target.epoch = breaker.epoch
        target.permit = breaker.closed_epoch
        target.quiet_permit = breaker.quiet_epoch
        self._ports.breaker_moved(target)

    def _fail(self, attempt: Attempt, outcome: Outcome) -> None:
        """Record an attempt that failed; retry it, or end the call."""
        decision = _NO_DECISION
        if self._retry is not None:
            self._retry.first_tries(self._first_tries)
            self._first_tries = 0
            delay = self._retry.decide(outcome, attempt.try_number)
            decision = decision_of(delay)
            if decision is Decision.RETRIED:
                self._record(attempt, outcome, decision)
                kernel = self._kernel
                kernel.post(kernel.now + delay, USER, self._retry_now, attempt)
                return
        self._record(attempt, outcome, decision)
        self._call_ended(attempt, outcome)

    def _retry_now(self, failed: Attempt) -> None:
        parent = failed.parent
        if parent is not None and parent.is_aborted:
            return
        avoid = NO_MEMBER if failed.target is None else failed.target.member
        self.call(failed.node, failed.request, parent, failed.try_number + 1, avoid)
