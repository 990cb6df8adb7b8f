"""Hedged calls of one channel: tries that race, timers that send the next, losers called off."""

from __future__ import annotations

from typing import Protocol

from models.base.outcome import Outcome
from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.hedging import CancelTry, FinishCall, HedgeAction, HedgedCall, Hedger, SendTry
from sim.kernel.environment import Kernel, Timer
from sim.kernel.ties import USER
from sim.nodes.attempt import Attempt, Request
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
    ) -> Attempt | None:
        """Send one try; None if it could not leave."""

    def end(self, last: Attempt, outcome: Outcome) -> None:
        """The call has ended as this try did."""

    def abandon(self, attempt: Attempt, *, tell_server: bool) -> None:
        """Nobody waits for that try any more."""


class _Race:
    """One call: its decider, its tries under way by number, and the timer of the next."""

    __slots__ = ("call", "last", "node", "parent", "request", "timer", "tries", "unsent")

    def __init__(
        self, call: HedgedCall, node: PlanNode, request: Request, parent: Attempt | None
    ) -> None:
        self.call = call
        self.node = node
        self.request = request
        self.parent = parent
        self.tries: dict[int, Attempt] = {}
        self.last: Attempt | None = None
        self.timer: Timer | None = None
        self.unsent: int | None = None


class HedgedCalls:
    """All races of one channel."""

    def __init__(self, kernel: Kernel, hedger: Hedger, sender: Sender) -> None:
        self._kernel = kernel
        self._hedger = hedger
        self._sender = sender
        self._races: dict[int, tuple[_Race, int]] = {}
        self._sending: _Race | None = None

    def begin(self, node: PlanNode, request: Request, parent: Attempt | None) -> None:
        """A new call; its first try goes out now."""
        race = _Race(HedgedCall(self._hedger, self._now), node, request, parent)
        self._act(race, race.call.tick(now=self._now))

    def ended(self, attempt: Attempt, outcome: Outcome) -> None:
        """A try has ended, or could not be sent."""
        found = self._races.pop(attempt.id, None)
        if found is None:
            race = self._sending
            assert race is not None
            assert race.unsent is not None
            number = race.unsent
        else:
            race, number = found
            del race.tries[number]
        race.last = attempt
        self._act(race, race.call.ended(number, outcome, now=self._now))

    def abandoned(self, attempt: Attempt) -> bool:
        """A try was abandoned from outside. True if that was the end of its call."""
        found = self._races.pop(attempt.id, None)
        if found is None:
            return False
        race, number = found
        del race.tries[number]
        if not race.call.is_over:
            race.call.abandon(now=self._now)
            self._disarm(race)
            return True
        return False

    def _act(self, race: _Race, actions: tuple[HedgeAction, ...]) -> None:
        finish: FinishCall | None = None
        for action in actions:
            match action:
                case SendTry(number):
                    self._send(race, number)
                case CancelTry(number):
                    loser = race.tries.pop(number)
                    del self._races[loser.id]
                    self._sender.abandon(loser, tell_server=True)
                case FinishCall():
                    finish = action
        self._arm(race)
        if finish is not None:
            assert race.last is not None
            self._sender.end(race.last, Outcome(finish.outcome))

    def _send(self, race: _Race, number: int) -> None:
        before = [one.target.member for one in race.tries.values() if one.target is not None]
        avoid = before[-1] if before else NO_MEMBER
        outer, self._sending, race.unsent = self._sending, race, number
        attempt = self._sender.send(race.node, race.request, race.parent, number + 1, avoid)
        self._sending = outer
        if attempt is not None:
            race.tries[number] = attempt
            self._races[attempt.id] = (race, number)

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
