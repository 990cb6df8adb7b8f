"""Least latency by a peak-sensitive average. Source of the rules: Finagle ``PeakEwma``."""

import math
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from models.base.errors import ConfigError, SimulationError
from models.base.outcome import Outcome
from models.base.streams import Stream
from models.base.time import NS_PER_MS, NS_PER_S
from models.traffic.balancer.load.peak_ewma import PeakEwma

DECAY = 10 * NS_PER_S
OK = Outcome.OK
FADED = 1 / math.e


class ScriptedStream(Stream):
    """Yields the uniforms it was given."""

    __slots__ = ("script",)

    def __init__(self, script: Iterable[float]) -> None:
        super().__init__(0, "scripted")
        self.script = iter(script)

    def uniform(self) -> float:
        return next(self.script)


def balancer_of(count: int, stream: Stream | None = None) -> PeakEwma:
    balancer = PeakEwma(stream or Stream(31, "peak"), DECAY)
    for member in range(count):
        balancer.add(member)
    return balancer


def observe(balancer: PeakEwma, member: int, ms: float, at: int = 0, outcome: Outcome = OK) -> None:
    balancer.started(member)
    balancer.finished_at(member, outcome, round(ms * NS_PER_MS), at)


def latency_ms(balancer: PeakEwma, member: int, at: int) -> float:
    latency_ns = balancer.latency_ns(member, now=at)
    assert latency_ns is not None
    return latency_ns / NS_PER_MS


def test_a_peak_replaces_the_average_at_once() -> None:
    balancer = balancer_of(1)
    observe(balancer, 0, 10)
    observe(balancer, 0, 80)
    assert latency_ms(balancer, 0, 0) == pytest.approx(80)


def test_a_shorter_duration_moves_the_average_by_the_time_that_has_passed() -> None:
    """After one decay time e ** -1 of the old average is left: 100 ms and 10 ms give 43.1 ms."""
    balancer = balancer_of(1)
    observe(balancer, 0, 100)
    observe(balancer, 0, 10, at=DECAY)
    assert latency_ms(balancer, 0, DECAY) == pytest.approx(100 * FADED + 10 * (1 - FADED))


def test_a_shorter_duration_at_the_same_instant_moves_nothing() -> None:
    balancer = balancer_of(1)
    observe(balancer, 0, 100)
    observe(balancer, 0, 10)
    assert latency_ms(balancer, 0, 0) == pytest.approx(100)


@pytest.mark.parametrize(("ms", "expected"), [(100.0, 100.0), (100.001, 100.001)])
def test_a_peak_is_above_the_average_as_last_observed(ms: float, expected: float) -> None:
    balancer = balancer_of(1)
    observe(balancer, 0, 100)
    observe(balancer, 0, ms, at=DECAY)
    assert latency_ms(balancer, 0, DECAY) == pytest.approx(expected, rel=1e-9)


def test_what_fades_below_the_average_is_blended_not_taken_for_a_peak() -> None:
    """99 ms is over what is left of 100 ms after a decay time, yet under what was observed."""
    balancer = balancer_of(1)
    observe(balancer, 0, 100)
    observe(balancer, 0, 99, at=DECAY)
    assert latency_ms(balancer, 0, DECAY) == pytest.approx(100 * FADED + 99 * (1 - FADED))


def test_an_average_fades_to_half_in_its_half_life() -> None:
    balancer = balancer_of(1)
    observe(balancer, 0, 100)
    half_life = round(DECAY * math.log(2))
    assert latency_ms(balancer, 0, half_life) == pytest.approx(50)


def test_asking_for_the_average_changes_nothing() -> None:
    asked, unasked = balancer_of(1), balancer_of(1)
    for balancer in (asked, unasked):
        observe(balancer, 0, 100)
        if balancer is asked:
            balancer.latency_ns(0, now=DECAY // 2)
        observe(balancer, 0, 60, at=DECAY)
    assert asked.latency_ns(0, now=DECAY) == unasked.latency_ns(0, now=DECAY)


def test_picking_decays_nothing_for_good() -> None:
    picked, unpicked = balancer_of(2), balancer_of(2)
    for balancer in (picked, unpicked):
        observe(balancer, 0, 100)
        if balancer is picked:
            for instant in range(0, DECAY, DECAY // 10):
                balancer.pick(instant)
        observe(balancer, 0, 60, at=DECAY)
    assert picked.latency_ns(0, now=DECAY) == unpicked.latency_ns(0, now=DECAY)


def test_a_member_never_measured_has_no_average() -> None:
    assert balancer_of(1).latency_ns(0, now=0) is None


@pytest.mark.parametrize(
    ("ms", "active", "expected"),
    [
        ((10, 20), (0, 0), 0),
        ((20, 10), (0, 0), 1),
        ((10, 20), (2, 0), 1),
        ((10, 21), (1, 0), 0),
        ((10, 20), (1, 0), 1),
        ((10, 10), (1, 1), 0),
    ],
)
def test_the_lower_latency_for_its_load_wins(
    ms: tuple[int, int], active: tuple[int, int], expected: int
) -> None:
    """Equal products go to fewer active attempts (10 ms x 2 against 20 ms x 1: the second)."""
    balancer = balancer_of(2, ScriptedStream([0.25]))
    for member in (0, 1):
        observe(balancer, member, ms[member])
        for _ in range(active[member]):
            balancer.started(member)
    assert balancer.pick(0) == expected


@pytest.mark.parametrize(
    ("uniform", "pair"),
    [(0.0, 0), (0.17, 0), (0.34, 1), (0.51, 1), (0.68, 2), (0.99, 2)],
)
def test_among_equals_the_first_drawn_wins(uniform: float, pair: int) -> None:
    assert balancer_of(3, ScriptedStream([uniform])).pick(0) == pair


def test_the_two_drawn_are_different_and_every_pair_is_as_likely() -> None:
    """With strictly ordered latencies the best of 4 wins 6 of 12 pairs, the worst none."""
    balancer = balancer_of(4)
    for member in range(4):
        observe(balancer, member, 10 * (member + 1))
    seen = Counter(balancer.pick(0) for _ in range(12_000))
    expected = {0: 6_000, 1: 4_000, 2: 2_000}
    assert set(seen) == set(expected)
    # One in a thousand chi-square with 2 degrees of freedom is above 13.82.
    assert sum((seen[m] - share) ** 2 / share for m, share in expected.items()) < 13.82


def test_a_member_never_measured_is_explored_by_one_attempt() -> None:
    balancer = balancer_of(2)
    observe(balancer, 0, 10)
    assert {balancer.pick(0) for _ in range(20)} == {1}
    balancer.started(1)
    for _ in range(1_000):
        balancer.started(0)
    assert {balancer.pick(0) for _ in range(20)} == {0}


def test_of_two_never_measured_the_one_with_fewer_attempts_is_explored() -> None:
    balancer = balancer_of(2)
    for member in (0, 0, 1):
        balancer.started(member)
    assert {balancer.pick(0) for _ in range(20)} == {1}


def test_a_slow_member_is_tried_again_when_its_peak_has_faded() -> None:
    balancer = balancer_of(2)
    observe(balancer, 0, 1_000)
    observe(balancer, 1, 10)
    assert {balancer.pick(DECAY) for _ in range(20)} == {1}
    later = 5 * DECAY
    observe(balancer, 1, 10, at=later)
    assert latency_ms(balancer, 0, later) == pytest.approx(1_000 * math.exp(-5))
    assert {balancer.pick(later) for _ in range(20)} == {0}


@pytest.mark.parametrize(("ms", "expected"), [(200, 200.0), (100, 100.0), (50, 100.0)])
def test_an_attempt_given_up_may_raise_the_average_but_not_lower_it(
    ms: int, expected: float
) -> None:
    balancer = balancer_of(1)
    observe(balancer, 0, 100)
    observe(balancer, 0, ms, at=DECAY, outcome=Outcome.CALLER_GONE)
    scale = 1.0 if ms > 100 else FADED
    assert latency_ms(balancer, 0, DECAY) == pytest.approx(expected * scale)


def test_a_failure_counts_like_any_end() -> None:
    balancer = balancer_of(1)
    observe(balancer, 0, 100)
    observe(balancer, 0, 1, at=DECAY, outcome=Outcome.REFUSED)
    assert latency_ms(balancer, 0, DECAY) == pytest.approx(100 * FADED + 1 - FADED)


def test_an_end_without_its_time_counts_at_the_instant_heard_last() -> None:
    timed, untimed = balancer_of(2), balancer_of(2)
    for balancer in (timed, untimed):
        observe(balancer, 0, 100)
        balancer.pick(DECAY)
        balancer.started(0)
    timed.finished_at(0, OK, 10 * NS_PER_MS, DECAY)
    untimed.finished(0, OK, 10 * NS_PER_MS)
    assert timed.latency_ns(0, now=DECAY) == untimed.latency_ns(0, now=DECAY)


def test_averages_survive_leaving_and_joining_again() -> None:
    balancer = balancer_of(2)
    observe(balancer, 0, 100)
    balancer.remove(0)
    balancer.add(0)
    assert latency_ms(balancer, 0, 0) == pytest.approx(100)


@pytest.mark.parametrize("decays", [499, 500, 501, 650])
def test_averages_survive_a_scale_started_afresh(decays: int) -> None:
    balancer = balancer_of(2)
    observe(balancer, 0, 100)
    later = decays * DECAY
    observe(balancer, 0, 10, at=later)
    observe(balancer, 1, 40, at=later)
    assert latency_ms(balancer, 0, later) == pytest.approx(10)
    assert latency_ms(balancer, 1, later) == pytest.approx(40)
    assert {balancer.pick(later) for _ in range(20)} == {0}


def test_an_average_that_has_vanished_counts_as_never_measured() -> None:
    balancer = balancer_of(2)
    observe(balancer, 0, 100)
    later = 800 * DECAY
    observe(balancer, 1, 10, at=later)
    assert balancer.latency_ns(0, now=later) is None
    balancer.started(0)
    assert {balancer.pick(later) for _ in range(20)} == {1}
    balancer.finished_at(0, OK, 20 * NS_PER_MS, later)
    assert latency_ms(balancer, 0, later) == pytest.approx(20)


def test_an_attempt_given_up_tells_of_a_member_whose_average_has_vanished() -> None:
    balancer = balancer_of(2)
    observe(balancer, 0, 100)
    later = 800 * DECAY
    observe(balancer, 1, 10, at=later)
    observe(balancer, 0, 30, at=later, outcome=Outcome.CALLER_GONE)
    assert latency_ms(balancer, 0, later) == pytest.approx(30)


def test_an_end_too_many_teaches_nothing() -> None:
    balancer = balancer_of(1)
    with pytest.raises(SimulationError, match="never started"):
        balancer.finished_at(0, OK, 5, 0)
    assert balancer.latency_ns(0, now=0) is None


def test_a_decay_of_nothing_and_an_unknown_member_are_refused() -> None:
    with pytest.raises(ConfigError, match="more than 0 ns"):
        PeakEwma(Stream(1, "peak"), 0)
    with pytest.raises(ConfigError, match="member 3 was never added"):
        balancer_of(1).latency_ns(3, now=0)


class FormulaMachine(RuleBasedStateMachine):
    """Against the formula as it is published, one exponential for each decay."""

    def __init__(self) -> None:
        super().__init__()
        self.uniform = 0.0
        self.balancer = balancer_of(3, ScriptedStream(iter(lambda: self.uniform, None)))
        self.now = 0
        self.cost = [0.0] * 3
        self.stamp = [0] * 3
        self.active = [0] * 3

    def faded(self, member: int) -> float:
        return self.cost[member] * math.exp((self.stamp[member] - self.now) / DECAY)

    @rule(gap=st.integers(0, 3 * DECAY))
    def wait(self, gap: int) -> None:
        self.now += gap

    @rule(member=st.integers(0, 2))
    def start(self, member: int) -> None:
        self.balancer.started(member)
        self.active[member] += 1

    @precondition(lambda self: any(self.active))
    @rule(data=st.data(), duration=st.integers(1, NS_PER_S), is_gone=st.booleans())
    def finish(self, data: st.DataObject, duration: int, is_gone: bool) -> None:
        member = data.draw(st.sampled_from([m for m in range(3) if self.active[m]]))
        outcome = Outcome.CALLER_GONE if is_gone else OK
        self.balancer.finished_at(member, outcome, duration, self.now)
        self.active[member] -= 1
        if duration > self.cost[member]:
            self.cost[member] = duration
        elif is_gone:
            return
        else:
            kept = math.exp((self.stamp[member] - self.now) / DECAY)
            self.cost[member] = self.cost[member] * kept + duration * (1 - kept)
        self.stamp[member] = self.now

    @rule(first=st.integers(0, 2), step=st.integers(0, 1))
    def pick(self, first: int, step: int) -> None:
        self.uniform = (2 * first + step + 0.5) / 6
        second = step + (step >= first)
        scores = []
        for member in (first, second):
            if self.cost[member] == 0.0 and self.active[member]:
                scores.append(2.0**80 + self.active[member])
            else:
                scores.append(self.faded(member) * (self.active[member] + 1))
        picked = self.balancer.pick(self.now)
        assert picked in (first, second)
        better = first if scores[0] < scores[1] else second
        if not math.isclose(*scores, rel_tol=1e-9):
            assert picked == better

    @rule(member=st.integers(0, 2))
    def ask(self, member: int) -> None:
        latency_ns = self.balancer.latency_ns(member, now=self.now)
        if self.cost[member] == 0.0:
            assert latency_ns is None
        else:
            assert latency_ns == pytest.approx(self.faded(member), rel=1e-8)


FormulaMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=40
)
TestAgainstTheFormula = FormulaMachine.TestCase
