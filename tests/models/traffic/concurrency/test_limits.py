"""Concurrency limits: counting, AIMD, Vegas, gradient. Semantics 7.3, 8.7."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.base.errors import ConfigError, SimulationError
from models.base.streams import Stream
from models.traffic.concurrency.aimd import AimdConfig, AimdLimit
from models.traffic.concurrency.base import REFUSED, ConcurrencyLimit, LimitRange
from models.traffic.concurrency.fixed import FixedLimit
from models.traffic.concurrency.gradient import GradientConfig, GradientLimit
from models.traffic.concurrency.min_rtt import MinRttConfig, MinRttLimit
from models.traffic.concurrency.vegas import VegasConfig, VegasLimit

MS = 1_000_000
S = 1_000 * MS
TEN = LimitRange(initial=10, lowest=1, highest=100)


def learn(
    limit: ConcurrencyLimit, duration_ns: int, *, busy: int = 0, drop: bool = False, now: int = 0
) -> int:
    """One call that began as the ``busy``-th under way; the limit after it."""
    permit = limit.try_acquire(now)
    limit.release(busy or limit.limit, now, duration_ns, drop)
    assert permit
    return limit.limit


def test_a_fixed_limit_refuses_the_first_call_too_many() -> None:
    limit = FixedLimit(2)
    assert [limit.try_acquire(0) for _ in range(3)] == [1, 2, REFUSED]
    limit.release(2, 0, 5, True)
    assert limit.try_acquire(0) == 2
    assert limit.limit == 2


def test_a_call_that_ends_twice_is_an_error_and_changes_nothing() -> None:
    limit = FixedLimit(2)
    limit.ignore(limit.try_acquire(0))
    with pytest.raises(SimulationError, match="never began"):
        limit.ignore(1)
    with pytest.raises(SimulationError, match="never began"):
        limit.release(1, 0, 0, False)
    assert limit.in_flight == 0


def test_what_is_ignored_teaches_nothing() -> None:
    limit = AimdLimit(AimdConfig(TEN))
    limit.ignore(limit.try_acquire(0))
    assert limit.limit == 10


def test_aimd_takes_a_tenth_off_for_a_drop_and_at_least_one() -> None:
    limit = AimdLimit(AimdConfig(TEN))
    assert learn(limit, 1, drop=True) == 9
    assert [learn(limit, 1, drop=True) for _ in range(9)] == [8, 7, 6, 5, 4, 3, 2, 1, 1]
    big = AimdLimit(AimdConfig(LimitRange(200, 1, 200)))
    assert learn(big, 1, drop=True) == 180


def test_aimd_adds_one_when_half_of_the_limit_was_in_use() -> None:
    limit = AimdLimit(AimdConfig(TEN))
    assert learn(limit, 1, busy=4) == 10
    assert learn(limit, 1, busy=5) == 11


def test_aimd_takes_a_call_that_is_too_slow_for_dropped() -> None:
    limit = AimdLimit(AimdConfig(TEN, slow_ns=100))
    assert learn(limit, 100) == 11
    assert learn(limit, 101) == 9


def test_aimd_changes_once_a_window() -> None:
    limit = AimdLimit(AimdConfig(TEN, window_ns=100))
    assert [learn(limit, 1, now=now) for now in (0, 50, 99, 100, 150, 199, 200)] == [
        10, 10, 10, 11, 11, 11, 12,
    ]  # fmt: skip


def test_aimd_counts_one_drop_in_a_window_once() -> None:
    limit = AimdLimit(AimdConfig(TEN, window_ns=100))
    for now in (10, 20, 30):
        learn(limit, 1, drop=True, now=now)
    assert learn(limit, 1, now=100) == 9
    assert learn(limit, 1, now=200) == 10


def test_aimd_stays_within_its_bounds() -> None:
    limit = AimdLimit(AimdConfig(LimitRange(2, 2, 3)))
    assert [learn(limit, 1) for _ in range(2)] == [3, 3]
    assert [learn(limit, 1, drop=True) for _ in range(3)] == [2, 2, 2]


def vegas(initial: int = 20, probe: int = 10**9) -> VegasLimit:
    config = VegasConfig(LimitRange(initial, 1, 1000), probe_multiplier=probe)
    limit = VegasLimit(config, Stream(1, "vegas"))
    learn(limit, 10 * MS)
    return limit


@pytest.mark.parametrize(
    ("duration_ms", "queue", "after"),
    [(10, 0, 26), (10.5, 1, 26), (11, 2, 21), (11.5, 3, 20), (14, 6, 20), (15, 7, 19)],
)
def test_vegas_moves_by_how_many_calls_queue(duration_ms: float, queue: int, after: int) -> None:
    """Alpha 3, beta 6 at 20: up to 1 adds 6, below 3 adds 1, above 6 takes 1."""
    duration_ns = int(duration_ms * MS)
    assert -(-20 * (duration_ns - 10 * MS) // duration_ns) == queue
    assert learn(vegas(), duration_ns) == after


def test_vegas_steps_grow_with_the_digits_of_the_limit() -> None:
    assert learn(vegas(200), 10 * MS) == 212
    assert learn(vegas(200), 20 * MS) == 198


def test_vegas_takes_a_step_off_for_a_drop_however_idle() -> None:
    assert learn(vegas(), 10 * MS, busy=1, drop=True) == 19


def test_vegas_does_not_grow_while_less_than_half_is_in_use() -> None:
    assert learn(vegas(), 10 * MS, busy=9) == 20
    assert learn(vegas(), 10 * MS, busy=10) == 26


def test_vegas_learns_a_faster_call_and_changes_nothing_by_it() -> None:
    limit = vegas()
    assert learn(limit, 5 * MS) == 20
    assert limit.fastest_ns == 5 * MS


def test_vegas_measures_the_fastest_call_anew_from_time_to_time() -> None:
    limit = vegas(probe=1)
    for _ in range(40):
        learn(limit, 30 * MS)
    assert limit.fastest_ns == 30 * MS


def gradient(**changes: float) -> GradientLimit:
    bounds = LimitRange(initial=20, lowest=1, highest=200)
    return GradientLimit(GradientConfig(bounds, **changes))  # type: ignore[arg-type]


def test_the_gradient_limit_grows_by_its_smoothed_headroom_while_times_are_usual() -> None:
    limit = gradient()
    assert learn(limit, 10 * MS) == 20
    assert [learn(limit, 10 * MS) for _ in range(4)] == [21, 22, 23, 24]


def test_times_within_the_tolerance_are_usual() -> None:
    limit = gradient(long_window=10**9)
    for _ in range(10):
        learn(limit, 10 * MS)
    grown = limit.limit
    assert learn(limit, 15 * MS) >= grown
    for _ in range(1_000):
        learn(limit, 16 * MS)
    assert limit.limit == pytest.approx(4 / (1 - 15 / 16), abs=1.0)


def test_a_call_ten_times_slower_halves_what_is_wanted() -> None:
    limit = gradient(smoothing=1.0, headroom=0, long_window=10**9)
    for _ in range(10):
        learn(limit, 10 * MS)
    assert learn(limit, 100 * MS) == 10


def test_the_gradient_limit_does_not_grow_while_less_than_half_is_in_use() -> None:
    limit = gradient()
    assert learn(limit, 10 * MS, busy=9) == 20
    assert limit.usual_ns == 10 * MS


def test_after_an_overload_the_usual_time_comes_down_at_once() -> None:
    limit = gradient()
    for _ in range(10):
        learn(limit, 100 * MS, busy=1)
    learn(limit, 10 * MS, busy=1)
    averaged = 100 * MS * (1 - 2 / 601) + 10 * MS * 2 / 601
    assert limit.usual_ns == pytest.approx(averaged * 0.95)


def test_the_gradient_limit_stays_within_its_bounds() -> None:
    limit = GradientLimit(GradientConfig(LimitRange(20, 20, 22)))
    for _ in range(20):
        learn(limit, 10 * MS)
    assert limit.limit == 22
    for _ in range(99):
        learn(limit, S)
    assert limit.limit >= 20


@pytest.mark.parametrize("bounds", [LimitRange(5, 0, 9), LimitRange(5, 6, 9), LimitRange(5, 1, 4)])
def test_bounds_out_of_order_are_refused(bounds: LimitRange) -> None:
    with pytest.raises(ConfigError, match="lowest <= initial <= highest"):
        AimdLimit(AimdConfig(bounds))


@pytest.mark.parametrize(
    "config",
    [AimdConfig(backoff_ratio=1.0), AimdConfig(backoff_ratio=0.0), AimdConfig(slow_ns=-1),
     AimdConfig(window_ns=-1)],
)  # fmt: skip
def test_an_aimd_config_that_makes_no_sense_is_refused(config: AimdConfig) -> None:
    with pytest.raises(ConfigError, match="AIMD"):
        AimdLimit(config)


@pytest.mark.parametrize(
    "config", [VegasConfig(alpha=0), VegasConfig(alpha=7), VegasConfig(probe_multiplier=0)]
)
def test_a_vegas_config_that_makes_no_sense_is_refused(config: VegasConfig) -> None:
    with pytest.raises(ConfigError, match="Vegas"):
        VegasLimit(config, Stream(1, "v"))


@pytest.mark.parametrize(
    "changes", [{"smoothing": 0.0}, {"smoothing": 1.1}, {"tolerance": 0.9}, {"headroom": -1},
                {"long_window": 0}],
)  # fmt: skip
def test_a_gradient_config_that_makes_no_sense_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="gradient"):
        gradient(**changes)


class LimitMachine(RuleBasedStateMachine):
    """No limit admits a call beyond itself, loses count, or leaves its bounds."""

    @initialize(kind=st.integers(0, 4), initial=st.integers(2, 8))
    def start(self, kind: int, initial: int) -> None:
        bounds = LimitRange(initial, 2, 12)
        stream = Stream(1, "limit")
        rtt = MinRttConfig(bounds, sample_ns=20, measure_ns=200, measure_calls=3)
        self.limit: ConcurrencyLimit = (
            FixedLimit(initial),
            AimdLimit(AimdConfig(bounds, slow_ns=30, window_ns=10)),
            VegasLimit(VegasConfig(bounds), stream),
            GradientLimit(GradientConfig(bounds)),
            MinRttLimit(rtt, stream),
        )[kind]
        self.now = 0
        self.open: list[tuple[int, int]] = []

    @rule(wait=st.integers(0, 25))
    def wait(self, wait: int) -> None:
        self.now += wait
        if isinstance(self.limit, MinRttLimit):
            self.limit.tick(now=self.now)

    @rule()
    def acquire(self) -> None:
        permit = self.limit.try_acquire(self.now)
        assert (permit != REFUSED) is (len(self.open) < self.limit.limit)
        if permit:
            self.open.append((permit, self.now))
            assert permit == len(self.open)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), is_dropped=st.booleans())
    def release(self, data: st.DataObject, is_dropped: bool) -> None:
        permit, began = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        self.limit.release(permit, self.now, self.now - began, is_dropped)

    @invariant()
    def counts_and_bounds_hold(self) -> None:
        assert self.limit.in_flight == len(self.open)
        assert 2 <= self.limit.limit <= 12


LimitMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=50
)
TestLimits = LimitMachine.TestCase


def test_the_ends_of_every_range_are_allowed() -> None:
    assert AimdLimit(AimdConfig(slow_ns=0)).limit == 20
    assert GradientLimit(GradientConfig(smoothing=1.0, tolerance=1.0, headroom=0)).limit == 20
    config = VegasConfig(alpha=1, beta=1, probe_multiplier=1)
    assert VegasLimit(config, Stream(1, "v")).limit == 20
    assert GradientLimit(GradientConfig(long_window=1)).limit == 20
    for quantile in (0.0, 1.0):
        rtt = MinRttConfig(LimitRange(3, 3, 9), 1, 1, 1, 0.0, 0.0, quantile)
        assert MinRttLimit(rtt, Stream(1, "r")).limit == 3


def test_half_of_the_limit_in_use_is_enough_to_move_the_gradient_limit() -> None:
    assert learn(gradient(smoothing=1.0), 10 * MS, busy=9) == 20
    assert learn(gradient(smoothing=1.0), 10 * MS, busy=10) == 24


def test_a_usual_time_of_just_twice_the_present_one_is_no_overload_yet() -> None:
    limit = gradient()
    learn(limit, 30 * MS, busy=1)
    learn(limit, 10 * MS, busy=1)
    assert limit.usual_ns == 20 * MS
