"""Hedging: when an answer is late, ask someone else too, and take what comes first.

The delay decides what it costs: at the 95th percentile of what calls take, one in twenty is sent
twice. A hedge is sent at once when a try fails in a way that another may not, and no more are
sent when the budget is used up: hedging must not feed an overload.
"""

from dataclasses import dataclass
from typing import TypeAlias

from models.base.errors import ConfigError, SimulationError
from models.base.outcome import Outcome
from models.base.time import DurationNs, TimeNs
from models.traffic.budget.base import DENIED, FIRST_TRY, RetryAllowance
from models.traffic.budget.kinds import make_allowance
from models.traffic.config import (
    ActiveShareConfig,
    BudgetConfig,
    QuotaConfig,
    ThrottleConfig,
    WindowBudgetConfig,
)
from models.traffic.estimate import RecentPercentile

NO_HINT = 0


@dataclass(frozen=True, slots=True)
class HedgeConfig:
    """``extra_max`` further tries, each ``delay_ns`` after the one before.

    With ``delay_ns`` None the delay is the ``quantile`` of what calls took of late, and nothing
    is hedged for lateness until that is known. Outcomes in ``non_fatal`` send the next try at
    once; any other failure ends the call.
    """

    extra_max: int = 1
    delay_ns: DurationNs | None = None
    quantile: float = 0.95
    non_fatal: frozenset[Outcome] = frozenset(
        {Outcome.QUEUE_FULL, Outcome.REFUSED, Outcome.RESET, Outcome.BREAKER_OPEN}
    )
    budget: (
        BudgetConfig | ThrottleConfig | ActiveShareConfig | WindowBudgetConfig | QuotaConfig | None
    ) = BudgetConfig(ratio=0.1)


@dataclass(frozen=True, slots=True)
class SendTry:
    """Send the try of that number, from 0, to a target not tried yet if there is one."""

    number: int


@dataclass(frozen=True, slots=True)
class CancelTry:
    """Nobody waits for that try any more; its work may be dropped."""

    number: int


@dataclass(frozen=True, slots=True)
class FinishCall:
    """The call ends as the try of that number did."""

    number: int
    outcome: int


HedgeAction: TypeAlias = SendTry | CancelTry | FinishCall


class Hedger:
    """What the hedged calls of one edge share: the delay that is learnt, and the budget.

    Source: Dean and Barroso 2013, "The tail at scale"; gRPC A6; semantics 8.4, 6.5.

    Raises:
        ConfigError: a negative number or delay, success among the failures, or a budget that
            makes no sense.
    """

    __slots__ = ("_percentile", "allowance", "config")

    def __init__(self, config: HedgeConfig) -> None:
        if config.extra_max < 0 or (config.delay_ns is not None and config.delay_ns < 0):
            raise ConfigError("hedging: extra_max and delay_ns must not be negative")
        if Outcome.OK in config.non_fatal:
            raise ConfigError("hedging: a success is no failure to hedge")
        self.config = config
        self._percentile = RecentPercentile(config.quantile)
        self.allowance: RetryAllowance | None = (
            None if config.budget is None else make_allowance(config.budget)
        )

    @property
    def delay_ns(self) -> DurationNs | None:
        """How long an answer may take before the next try is sent; None while unknown."""
        fixed_ns = self.config.delay_ns
        return self._percentile.value if fixed_ns is None else fixed_ns

    def answered(self, duration_ns: DurationNs) -> None:
        """A try was answered after so long; tries that were cancelled are not told of."""
        self._percentile.add(duration_ns)

    def begin(self, *, now: TimeNs) -> tuple["HedgedCall", tuple[HedgeAction, ...]]:
        """A new call, and what to send for it now."""
        call = HedgedCall(self, now)
        return call, call.tick(now=now)


class HedgedCall:
    """One call and its tries: waiting, then finished for good.

    One that is ``alone`` is never sent twice, whatever the configuration says.

    Every verb returns the actions to take now, in order. After :class:`FinishCall` there are no
    more, and results of tries that were cancelled are ignored.
    """

    __slots__ = (
        "_due", "_extra_max", "_hedger", "_is_over", "_may_send", "_outstanding", "_sent",
        "_starts",
    )  # fmt: skip

    def __init__(self, hedger: Hedger, now: TimeNs, *, alone: bool = False) -> None:
        self._hedger = hedger
        self._extra_max = 0 if alone else hedger.config.extra_max
        self._outstanding: dict[int, int] = {}
        self._starts: dict[int, TimeNs] = {}
        self._sent = 0
        self._due: TimeNs | None = now
        self._is_over = False
        self._may_send = True

    @property
    def is_over(self) -> bool:
        """True once the call has ended."""
        return self._is_over

    @property
    def tries(self) -> int:
        """Tries sent so far."""
        return self._sent

    def next_deadline(self) -> TimeNs | None:
        """When the next try is due, None if none will be sent for lateness."""
        return self._due

    def tick(self, *, now: TimeNs) -> tuple[HedgeAction, ...]:
        """Send the tries that are due."""
        actions: list[HedgeAction] = []
        while self._due is not None and now >= self._due:
            actions += self._send(Outcome.IN_FLIGHT, now)
        return tuple(actions)

    def ended(
        self, number: int, outcome: int, *, now: TimeNs, hint_ns: DurationNs = NO_HINT
    ) -> tuple[HedgeAction, ...]:
        """A try has ended. ``hint_ns`` is the server's wish: wait so long; negative, stop.

        Raises:
            SimulationError: the try was never sent, or ended before.
        """
        if not 0 <= number < self._sent:
            raise SimulationError(f"hedging: try {number} ended and was never sent")
        if self._is_over:
            return ()
        if number not in self._outstanding:
            raise SimulationError(f"hedging: try {number} ended twice")
        ticket = self._outstanding.pop(number)
        is_ok = outcome == Outcome.OK
        if self._hedger.allowance is not None:
            self._hedger.allowance.ended(ticket, not is_ok, now)
        if is_ok:
            self._hedger.answered(now - self._starts[number])
        if is_ok or outcome not in self._hedger.config.non_fatal:
            return (*self._cancel_all(now), FinishCall(number, outcome))
        return self._go_on(number, outcome, now, hint_ns)

    def abandon(self, *, now: TimeNs) -> tuple[HedgeAction, ...]:
        """The caller is gone, or its deadline has passed: cancel everything."""
        return () if self._is_over else self._cancel_all(now)

    def _go_on(
        self, number: int, outcome: int, now: TimeNs, hint_ns: DurationNs
    ) -> tuple[HedgeAction, ...]:
        """After a failure that another target may not share."""
        actions: tuple[HedgeAction, ...] = ()
        if hint_ns < 0:
            self._stop_sending()
        elif self._may_send and hint_ns:
            self._due = now + hint_ns
        elif self._may_send:
            actions = self._send(outcome, now)
        if self._outstanding or self._due is not None:
            return actions
        self._is_over = True
        return (*actions, FinishCall(number, outcome))

    def _stop_sending(self) -> None:
        self._may_send = False
        self._due = None

    def _send(self, outcome: int, now: TimeNs) -> tuple[HedgeAction, ...]:
        """Send the next try, if the budget allows, and set when the one after it is due."""
        hedger, number = self._hedger, self._sent
        ticket = FIRST_TRY
        if hedger.allowance is not None:
            if number:
                ticket = hedger.allowance.try_retry(outcome, now)
                if ticket == DENIED:
                    self._stop_sending()
                    return ()
            hedger.allowance.sent(ticket, now)
        self._outstanding[number] = ticket
        self._starts[number] = now
        self._sent = number + 1
        delay_ns = hedger.delay_ns
        self._due = None if delay_ns is None else now + delay_ns
        if self._sent > self._extra_max:
            self._stop_sending()
        return (SendTry(number),)

    def _cancel_all(self, now: TimeNs) -> tuple[CancelTry, ...]:
        self._is_over = True
        self._stop_sending()
        losers = tuple(CancelTry(number) for number in self._outstanding)
        if self._hedger.allowance is not None:
            for ticket in self._outstanding.values():
                self._hedger.allowance.abandoned(ticket, now)
        self._outstanding.clear()
        return losers
