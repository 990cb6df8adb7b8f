"""Hedging. Semantics 8.4 and 6.5 (gRPC); theory of hedged independent servers."""

from heapq import heappop, heappush

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.base.errors import ConfigError, SimulationError
from models.base.outcome import Outcome
from models.base.portable import ln
from models.base.streams import Stream
from models.traffic.budget.active_share import ActiveShareBudget
from models.traffic.budget.throttle import RetryThrottle
from models.traffic.config import ActiveShareConfig, BudgetConfig, ThrottleConfig
from models.traffic.hedging import (
    CancelTry,
    FinishCall,
    HedgeAction,
    HedgeConfig,
    HedgedCall,
    Hedger,
    SendTry,
)

OK, ERROR, REFUSED = Outcome.OK, Outcome.ERROR, Outcome.REFUSED
FREE = HedgeConfig(extra_max=2, delay_ns=100, budget=None)


def begun(config: HedgeConfig = FREE) -> HedgedCall:
    call, actions = Hedger(config).begin(now=0)
    assert actions == (SendTry(0),)
    return call


def test_a_late_answer_sends_one_more_try_after_each_delay() -> None:
    call = begun()
    assert call.next_deadline() == 100
    assert call.tick(now=99) == ()
    assert call.tick(now=100) == (SendTry(1),)
    assert call.tick(now=200) == (SendTry(2),)
    assert call.next_deadline() is None
    assert call.tick(now=10**9) == ()


def test_the_first_success_ends_the_call_and_cancels_the_others() -> None:
    call = begun()
    call.tick(now=100)
    call.tick(now=200)
    assert call.ended(1, OK, now=210) == (CancelTry(0), CancelTry(2), FinishCall(1, OK))
    assert call.is_over
    assert call.next_deadline() is None


def test_results_of_cancelled_tries_are_ignored() -> None:
    call = begun()
    call.tick(now=100)
    call.ended(0, OK, now=150)
    assert call.ended(1, ERROR, now=160) == ()


def test_a_fatal_failure_ends_the_call() -> None:
    call = begun()
    call.tick(now=100)
    assert call.ended(0, ERROR, now=110) == (CancelTry(1), FinishCall(0, ERROR))


def test_a_failure_that_is_not_fatal_sends_the_next_try_at_once() -> None:
    call = begun()
    assert call.ended(0, REFUSED, now=40) == (SendTry(1),)
    assert call.next_deadline() == 140


def test_the_last_failure_ends_the_call_when_no_try_is_left() -> None:
    call = begun()
    call.ended(0, REFUSED, now=10)
    call.ended(1, REFUSED, now=20)
    assert not call.is_over
    assert call.ended(2, REFUSED, now=30) == (FinishCall(2, REFUSED),)


def test_a_failure_waits_for_the_tries_that_are_still_out() -> None:
    call = begun(HedgeConfig(extra_max=1, delay_ns=100, budget=None))
    call.tick(now=100)
    assert call.ended(1, REFUSED, now=110) == ()
    assert call.ended(0, OK, now=120) == (FinishCall(0, OK),)


def test_a_server_may_say_when_the_next_try_is_welcome() -> None:
    call = begun()
    assert call.ended(0, REFUSED, now=10, hint_ns=500) == ()
    assert call.next_deadline() == 510
    assert call.tick(now=510) == (SendTry(1),)


def test_a_server_may_forbid_further_tries() -> None:
    call = begun()
    call.tick(now=100)
    assert call.ended(0, REFUSED, now=110, hint_ns=-1) == ()
    assert call.next_deadline() is None
    assert call.ended(1, REFUSED, now=120) == (FinishCall(1, REFUSED),)


def test_without_a_delay_all_tries_are_sent_at_once() -> None:
    config = HedgeConfig(extra_max=2, delay_ns=0, budget=None)
    assert Hedger(config).begin(now=0)[1] == (SendTry(0), SendTry(1), SendTry(2))


def test_without_further_tries_nothing_is_hedged() -> None:
    call = begun(HedgeConfig(extra_max=0, delay_ns=100, budget=None))
    assert call.next_deadline() is None
    assert call.ended(0, REFUSED, now=10) == (FinishCall(0, REFUSED),)


def test_a_caller_that_goes_away_cancels_everything_once() -> None:
    call = begun()
    call.tick(now=100)
    assert call.abandon(now=150) == (CancelTry(0), CancelTry(1))
    assert call.abandon(now=150) == ()


def test_an_unknown_percentile_hedges_failures_but_not_lateness() -> None:
    call = begun(HedgeConfig(budget=None))
    assert call.next_deadline() is None
    assert call.ended(0, REFUSED, now=10) == (SendTry(1),)


def test_the_delay_is_the_percentile_of_what_was_answered() -> None:
    hedger = Hedger(HedgeConfig(quantile=0.95, budget=None))
    for duration in range(1, 101):
        hedger.answered(duration)
    assert hedger.delay_ns == 95
    call, _ = hedger.begin(now=1_000)
    assert call.next_deadline() == 1_095


def test_an_answer_is_learnt_from_the_try_that_gave_it() -> None:
    hedger = Hedger(HedgeConfig(delay_ns=None, quantile=1.0, budget=None))
    for _ in range(20):
        call, _ = hedger.begin(now=0)
        call.ended(0, REFUSED, now=70)
        call.ended(1, OK, now=100)
    assert hedger.delay_ns == 30


def test_no_hedge_is_sent_beyond_the_budget() -> None:
    hedger = Hedger(HedgeConfig(delay_ns=100, budget=BudgetConfig(0.5, reserve=0)))
    first, _ = hedger.begin(now=0)
    assert first.tick(now=100) == ()
    assert first.next_deadline() is None
    second, _ = hedger.begin(now=200)
    assert second.tick(now=300) == (SendTry(1),)


def test_a_failure_without_budget_ends_the_call() -> None:
    hedger = Hedger(HedgeConfig(delay_ns=100, budget=BudgetConfig(0.0, reserve=0)))
    call, _ = hedger.begin(now=0)
    assert call.ended(0, REFUSED, now=10) == (FinishCall(0, REFUSED),)


def test_grpc_stops_hedging_when_half_of_its_tokens_are_gone() -> None:
    hedger = Hedger(HedgeConfig(delay_ns=100, budget=ThrottleConfig(4, 0.1)))
    for _ in range(2):
        call, _ = hedger.begin(now=0)
        call.ended(0, ERROR, now=1)
    assert isinstance(hedger.allowance, RetryThrottle)
    assert hedger.allowance.thousandths == 2_000
    call, _ = hedger.begin(now=0)
    assert call.tick(now=100) == ()


def test_cancelled_hedges_give_their_share_of_concurrency_back() -> None:
    hedger = Hedger(HedgeConfig(delay_ns=100, budget=ActiveShareConfig(0.0, 1)))
    for start in (0, 1_000):
        call, _ = hedger.begin(now=start)
        assert call.tick(now=start + 100) == (SendTry(1),)
        call.ended(0, OK, now=start + 150)
    assert isinstance(hedger.allowance, ActiveShareBudget)
    assert hedger.allowance.retries == 0


def test_a_try_that_was_never_sent_or_ended_before_is_an_error() -> None:
    call = begun()
    for number in (-1, 1):
        with pytest.raises(SimulationError, match="never sent"):
            call.ended(number, OK, now=1)
    call.ended(0, REFUSED, now=1)
    with pytest.raises(SimulationError, match="ended twice"):
        call.ended(0, OK, now=2)


@pytest.mark.parametrize(
    "config",
    [
        HedgeConfig(extra_max=-1),
        HedgeConfig(delay_ns=-1),
        HedgeConfig(quantile=1.5),
        HedgeConfig(non_fatal=frozenset({OK})),
        HedgeConfig(budget=BudgetConfig(ratio=-1.0)),
    ],
)
def test_a_hedge_that_makes_no_sense_is_refused(config: HedgeConfig) -> None:
    with pytest.raises(ConfigError):
        Hedger(config)


def latencies(delay_ns: int, durations: "Durations", calls: int) -> list[list[int]]:
    """Every call with one hedge on servers without contention: [latency, tries, work]."""
    hedger = Hedger(HedgeConfig(1, delay_ns, budget=None))
    return [one_call(hedger, durations) for _ in range(calls)]


class Durations:
    """Draws of a mean of one second, or of two atoms."""

    def __init__(self, atoms: tuple[int, int, float] | None = None) -> None:
        self.atoms = atoms
        self.stream = Stream(7, "atoms")

    def __next__(self) -> int:
        if self.atoms is None:
            return round(-ln(1.0 - self.stream.uniform()) * 1_000_000_000)
        usual, slow, share = self.atoms
        return slow if self.stream.uniform() < share else usual


def one_call(hedger: Hedger, durations: "Durations") -> list[int]:
    call, actions = hedger.begin(now=0)
    agenda: list[tuple[int, int]] = []
    started: dict[int, int] = {}
    now = work = 0

    def obey(actions: tuple[HedgeAction, ...]) -> None:
        nonlocal work
        for action in actions:
            if isinstance(action, SendTry):
                started[action.number] = now
                heappush(agenda, (now + next(durations), action.number))
            elif isinstance(action, CancelTry):
                work += now - started[action.number]

    obey(actions)
    while not call.is_over:
        deadline = call.next_deadline()
        if deadline is not None and deadline <= agenda[0][0]:
            now = deadline
            obey(call.tick(now=now))
            continue
        now, number = heappop(agenda)
        work += now - started[number]
        obey(call.ended(number, OK, now=now))
    return [now, call.tries, work]


@pytest.mark.parametrize(
    ("delay_s", "mean_s", "extra"),
    [(0.0, 0.5, 1.0), (0.6931471805599453, 0.75, 0.5), (2.995732273553991, 0.975, 0.05)],
)
def test_hedging_exponential_times_has_the_mean_and_the_cost_of_theory(
    delay_s: float, mean_s: float, extra: float
) -> None:
    """Mean 1 - exp(-d) / 2, extra tries exp(-d), and no extra work with cancelling."""
    calls = 40_000
    seen = latencies(round(delay_s * 1e9), Durations(), calls)
    assert sum(entry[0] for entry in seen) / calls / 1e9 == pytest.approx(mean_s, abs=0.022)
    assert sum(entry[1] - 1 for entry in seen) / calls == pytest.approx(extra, abs=0.011)
    assert sum(entry[2] for entry in seen) / calls / 1e9 == pytest.approx(1.0, abs=0.022)


def test_the_ninety_ninth_percentile_of_hedged_exponential_times() -> None:
    """(ln 100 + d) / 2 for d = ln 10."""
    delay_ns = round(ln(10.0) * 1e9)
    seen = sorted(entry[0] for entry in latencies(delay_ns, Durations(), 40_000))
    assert seen[39_600] / 1e9 == pytest.approx(3.453877639491069, rel=0.03)


def test_hedging_two_atoms_leaves_one_in_a_hundred_slow() -> None:
    """10 ms nine times in ten, else 100; hedged after 15 ms: 25 at 0.95 and 0.985."""
    seen = sorted(entry[0] for entry in latencies(15, Durations((10, 100, 0.1)), 40_000))
    assert seen[38_000] == seen[39_400] == 25
    assert sum(latency == 100 for latency in seen) / 40_000 == pytest.approx(0.01, abs=0.002)


class HedgeMachine(RuleBasedStateMachine):
    """Tries are sent in order, never beyond their number; the call ends once, nothing is left."""

    @initialize(extra=st.integers(0, 3), delay=st.sampled_from([None, 0, 5]), share=st.booleans())
    def start(self, extra: int, delay: int | None, share: bool) -> None:
        budget = ActiveShareConfig(0.0, 1) if share else None
        self.extra = extra
        self.hedger = Hedger(HedgeConfig(extra, delay, budget=budget))
        self.now = 0
        self.out: set[int] = set()
        self.sent = 0
        self.finished: list[FinishCall] = []
        self.call, actions = self.hedger.begin(now=0)
        self.obey(actions)

    def obey(self, actions: tuple[HedgeAction, ...]) -> None:
        for action in actions:
            assert not self.finished
            if isinstance(action, SendTry):
                assert action.number == self.sent <= self.extra
                self.sent += 1
                self.out.add(action.number)
            elif isinstance(action, CancelTry):
                self.out.remove(action.number)
            else:
                self.finished.append(action)

    @rule(wait=st.integers(1, 9))
    def wait(self, wait: int) -> None:
        self.now += wait
        self.obey(self.call.tick(now=self.now))
        deadline = self.call.next_deadline()
        assert deadline is None or deadline > self.now

    @precondition(lambda self: self.out)
    @rule(
        data=st.data(),
        outcome=st.sampled_from([OK, ERROR, REFUSED, REFUSED, REFUSED]),
        hint=st.sampled_from([0, 0, 7, -1]),
    )
    def end(self, data: st.DataObject, outcome: Outcome, hint: int) -> None:
        number = data.draw(st.sampled_from(sorted(self.out)))
        self.out.remove(number)
        self.obey(self.call.ended(number, outcome, now=self.now, hint_ns=hint))
        if outcome is not REFUSED:
            assert self.finished == [FinishCall(number, outcome)]

    @invariant()
    def the_call_is_over_when_and_only_when_nothing_is_left(self) -> None:
        assert self.call.is_over is bool(self.finished)
        assert self.call.is_over is (not self.out and self.call.next_deadline() is None)
        assert self.call.tries == self.sent

    @invariant()
    def the_budget_is_kept(self) -> None:
        if isinstance(self.hedger.allowance, ActiveShareBudget):
            assert 0 <= self.hedger.allowance.retries <= 1
            assert not (self.call.is_over and self.hedger.allowance.retries)


HedgeMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=30
)
TestHedging = HedgeMachine.TestCase


def test_a_call_that_is_alone_has_no_second_try() -> None:
    hedger = Hedger(HedgeConfig(delay_ns=10, extra_max=3, budget=None))
    call = HedgedCall(hedger, 0, alone=True)
    assert call.tick(now=0) == (SendTry(0),)
    assert call.next_deadline() is None
    assert call.ended(0, Outcome.QUEUE_FULL, now=5) == (FinishCall(0, Outcome.QUEUE_FULL),)
