"""Hedged calls of one channel: tries that race, timers that send the next, losers called off."""

from __future__ import annotations

from typing import Protocol

from models.base.outcome import Outcome
from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.hedging import CancelTry, FinishCall, HedgeAction, HedgedCall, Hedger, SendTry
from sim.kernel.environment import Kernel, Timer
from sim.kernel.ties import USER
from sim.nodes.attempt import Attempt, CallKey, Request, key_of
from sim.nodes.plan import PlanNode


class Sender(Protocol):
    """The channel that carries the tries."""

    def send(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int,
        avoid: int = NO_MEMBER,
    ) -> None:
        """Send one try, now or when there is a connection for it."""

    def withdraw(self, call: CallKey, try_number: int) -> None:
        """A try that has not been sent is no longer wanted."""

    def end(self, last: Attempt, outcome: Outcome) -> None:
        """The call has ended as this try did."""

    def abandon(self, attempt: Attempt, *, tell_server: bool) -> None:
        """Nobody waits for that try any more."""


class _Race:
    """One call: its decider, its tries by number (None until sent), and the timer of the next."""

    __slots__ = ("call", "key", "last", "node", "parent", "request", "timer", "tries")

    def __init__(
        self, call: HedgedCall, node: PlanNode, request: Request, parent: Attempt | None
    ) -> None:
        self.call = call
        self.key = key_of(node, request, parent)
        self.node = node
        self.request = request
        self.parent = parent
        self.tries: dict[int, Attempt | None] = {}
        self.last: Attempt | None = None
        self.timer: Timer | None = None


class HedgedCalls:
    """All races of one channel. The first try of a call bears the number 0 here.

    Calls to the endpoints ``once`` have no second try to race with.
    """

    def __init__(
        self, kernel: Kernel, hedger: Hedger, sender: Sender, once: frozenset[str] = frozenset()
    ) -> None:
        self._once = once
        self._kernel = kernel
        self._hedger = hedger
        self._sender = sender
        self._races: dict[CallKey, _Race] = {}

    def begin(self, node: PlanNode, request: Request, parent: Attempt | None) -> None:
        """A new call; its first try goes out now."""
        call = HedgedCall(self._hedger, self._now, alone=node.endpoint in self._once)
        race = _Race(call, node, request, parent)
        self._races[race.key] = race
        self._act(race, race.call.tick(now=self._now))

    def sent(self, attempt: Attempt) -> None:
        """A try has left."""
        race = self._races[key_of(attempt.node, attempt.request, attempt.parent)]
        race.tries[attempt.try_number - 1] = attempt

    def won(self, attempt: Attempt) -> None:
        """A try has its answer; those of its race that wait need no connection any more."""
        race = self._races[key_of(attempt.node, attempt.request, attempt.parent)]
        for number, other in race.tries.items():
            if other is None:
                self._sender.withdraw(race.key, number + 1)

    def ended(self, attempt: Attempt, outcome: Outcome) -> None:
        """A try has ended, or could not be sent."""
        race = self._races[key_of(attempt.node, attempt.request, attempt.parent)]
        number = attempt.try_number - 1
        del race.tries[number]
        race.last = attempt
        self._act(race, race.call.ended(number, outcome, now=self._now))

    def abandoned(self, attempt: Attempt) -> bool:
        """A try was abandoned. True if that was from outside, and the end of its call."""
        race = self._races.get(key_of(attempt.node, attempt.request, attempt.parent))
        if race is None or race.tries.get(attempt.try_number - 1) is not attempt:
            return False
        self.forget(race.key)
        return True

    def forget(self, call: CallKey) -> None:
        """Nobody waits for that call any more; its other tries go on in vain."""
        race = self._races.pop(call, None)
        if race is not None:
            race.call.abandon(now=self._now)
            self._disarm(race)

    def _act(self, race: _Race, actions: tuple[HedgeAction, ...]) -> None:
        finish: FinishCall | None = None
        for action in actions:
            match action:
                case SendTry(number):
                    self._send(race, number)
                case CancelTry(number):
                    self._cancel(race, number)
                case FinishCall():
                    finish = action
        self._arm(race)
        if finish is not None:
            assert race.last is not None
            del self._races[race.key]
            self._sender.end(race.last, Outcome(finish.outcome))

    def _send(self, race: _Race, number: int) -> None:
        tried = [one.target for one in race.tries.values() if one is not None]
        before = [target.member for target in tried if target is not None]
        avoid = before[-1] if before else NO_MEMBER
        race.tries[number] = None
        self._sender.send(race.node, race.request, race.parent, number + 1, avoid)

    def _cancel(self, race: _Race, number: int) -> None:
        loser = race.tries.pop(number)
        if loser is None:
            self._sender.withdraw(race.key, number + 1)
        else:
            self._sender.abandon(loser, tell_server=True)

    def _arm(self, race: _Race) -> None:
        self._disarm(race)
        due = race.call.next_deadline()
        if due is not None and not race.call.is_over:
            race.timer = self._kernel.call_at(max(due, self._now), USER, self._due, race)

    def _disarm(self, race: _Race) -> None:
        if race.timer is not None:
            race.timer.cancel()
            race.timer = None

    def _due(self, race: _Race) -> None:
        race.timer = None
        if race.parent is not None and race.parent.is_aborted:
            return
        self._act(race, race.call.tick(now=self._now))

    @property
    def _now(self) -> TimeNs:
        return self._kernel.now
