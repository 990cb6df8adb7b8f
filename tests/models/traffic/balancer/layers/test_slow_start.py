"""Slow start. Semantics 6.2 (Envoy)."""

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER, Balancer
from models.traffic.balancer.layers.config import SlowStartConfig
from models.traffic.balancer.layers.slow_start import SlowStart, warmth
from models.traffic.balancer.load.least_request import LeastRequest
from models.traffic.balancer.round_robin import RoundRobin

WINDOW = 10_000
PLAIN = SlowStartConfig(window_ns=WINDOW)


def balancer_of(
    count: int, policy: Balancer | None = None, config: SlowStartConfig = PLAIN
) -> SlowStart:
    """Members 0 .. count - 1, all of whom a pick at time 0 has met."""
    balancer = SlowStart(config, policy or RoundRobin())
    for member in range(count):
        balancer.add(member)
    balancer.pick(0)
    return balancer


def picks(balancer: SlowStart, now: int, count: int) -> Counter[int]:
    return Counter(balancer.pick(now) for _ in range(count))


@pytest.mark.parametrize(
    ("aggression", "ramp", "expected"),
    [
        (1.0, 0.0, 0.10),
        (1.0, 0.05, 0.10),
        (1.0, 0.25, 0.25),
        (1.0, 0.5, 0.5),
        (1.0, 1.0, 1.0),
        (2.0, 0.05, 0.2236),
        (2.0, 0.25, 0.5),
        (2.0, 0.5, 0.7071),
        (0.5, 0.5, 0.25),
        (0.5, 0.75, 0.5625),
    ],
)
def test_the_factors_of_semantics_hold(aggression: float, ramp: float, expected: float) -> None:
    config = SlowStartConfig(WINDOW, aggression)
    assert warmth(int(ramp * WINDOW), config) == pytest.approx(expected, abs=5e-5)


def test_a_member_is_warm_from_the_end_of_its_window_on() -> None:
    assert warmth(WINDOW - 1, PLAIN) == 0.9999
    assert warmth(WINDOW, PLAIN) == 1.0
    assert warmth(WINDOW + 1, PLAIN) == 1.0


def test_the_smallest_share_holds_until_the_ramp_passes_it() -> None:
    assert warmth(999, PLAIN) == 0.1
    assert warmth(1001, PLAIN) == 0.1001


def test_a_newcomer_gets_a_tenth_of_a_share_at_first() -> None:
    balancer = balancer_of(3)
    balancer.add(3)
    assert picks(balancer, WINDOW, 310) == {0: 100, 1: 100, 2: 100, 3: 10}


def test_a_newcomers_share_grows_with_its_age() -> None:
    balancer = balancer_of(3)
    balancer.add(3)
    balancer.pick(WINDOW)
    seen = picks(balancer, WINDOW + WINDOW // 2, 3500)
    assert seen[3] == pytest.approx(500, abs=5)


def test_weights_and_warmth_multiply() -> None:
    balancer = SlowStart(PLAIN, RoundRobin())
    balancer.add(0, weight=1)
    balancer.pick(0)
    balancer.add(1, weight=5)
    assert picks(balancer, WINDOW, 300) == pytest.approx({0: 200, 1: 100}, abs=1)


def test_after_the_window_the_policy_picks_again() -> None:
    balancer = balancer_of(2)
    balancer.mark_down(1)
    balancer.mark_up(1)
    start = 2 * WINDOW
    assert balancer.pick(start) == 0
    assert picks(balancer, start + WINDOW - 1, 100)[1] < 50
    assert picks(balancer, start + WINDOW, 100) == {0: 50, 1: 50}


def test_members_that_came_at_once_are_left_to_the_policy() -> None:
    balancer = SlowStart(PLAIN, RoundRobin())
    for member in range(3):
        balancer.add(member)
    assert [balancer.pick(0) for _ in range(4)] == [0, 1, 2, 0]


def test_members_that_are_all_warm_are_left_to_the_policy_whenever_they_came() -> None:
    balancer = SlowStart(PLAIN, RoundRobin())
    for member, now in ((0, 0), (1, 50), (2, 70)):
        balancer.add(member)
        balancer.pick(now)
    balancer.mark_down(2)
    assert balancer.warmth_of(2, 70) is None
    now = 50 + WINDOW
    assert Counter(balancer.pick(now) for _ in range(4)) == {0: 2, 1: 2}


def test_time_before_the_first_pick_does_not_warm() -> None:
    balancer = balancer_of(1)
    balancer.add(1)
    assert balancer.warmth_of(1, 5 * WINDOW) == 0.1
    balancer.pick(5 * WINDOW)
    assert balancer.warmth_of(1, 5 * WINDOW + WINDOW // 2) == 0.5


def test_coming_up_again_starts_cold_and_marking_up_twice_does_not() -> None:
    balancer = balancer_of(2)
    balancer.pick(WINDOW)
    balancer.mark_up(1)
    assert balancer.warmth_of(1, WINDOW) == 1.0
    balancer.mark_down(1)
    balancer.mark_up(1)
    assert balancer.warmth_of(1, WINDOW) == 0.1


def test_an_idle_newcomer_is_not_flooded_by_least_request() -> None:
    """Without slow start the idle one of four would be the better of 7 pairs in 16."""
    balancer = balancer_of(3, LeastRequest(Stream(1, "inner")))
    for member in range(3):
        for _ in range(4):
            balancer.started(member)
    balancer.add(3)
    seen = picks(balancer, WINDOW, 1100)
    # Intervals: 5 / 1 for each of three busy ones, 1 / 0.1 for the newcomer.
    assert seen[3] == pytest.approx(1100 * 0.1 / 0.7, abs=3)


def test_load_counts_only_where_the_policy_counts_it() -> None:
    balancer = balancer_of(1)
    for _ in range(9):
        balancer.started(0)
    balancer.add(1)
    assert picks(balancer, WINDOW, 110) == {0: 100, 1: 10}


def test_ended_attempts_count_no_longer() -> None:
    balancer = balancer_of(1, LeastRequest(Stream(1, "inner")))
    for _ in range(9):
        balancer.started(0)
    for _ in range(8):
        balancer.finished(0, 0, 5)
    balancer.finished_at(0, 0, 5, 9)
    balancer.add(1)
    assert picks(balancer, WINDOW, 110) == {0: 100, 1: 10}


def test_a_retry_is_sent_elsewhere_while_somebody_warms_up() -> None:
    balancer = balancer_of(1)
    balancer.add(1)
    assert {balancer.pick(0 + WINDOW, 0) for _ in range(20)} == {1}
    assert balancer.pick_keyed(77, WINDOW, 1) == 0


def test_nobody_up_means_nobody_picked() -> None:
    balancer = balancer_of(1)
    balancer.add(1)
    balancer.pick(WINDOW)
    balancer.mark_down(0)
    balancer.remove(1)
    assert balancer.pick(WINDOW) == NO_MEMBER


@pytest.mark.parametrize(
    "numbers", [(0, 1.0, 0.1), (1, 0.0, 0.1), (1, 101.0, 0.1), (1, 1.0, 0.0), (1, 1.0, 1.1)]
)
def test_senseless_slow_starts_are_refused(numbers: tuple[int, float, float]) -> None:
    with pytest.raises(ConfigError, match="slow start"):
        SlowStartConfig(*numbers)


class WarmingMachine(RuleBasedStateMachine):
    """Ages against a naive diary; who may be picked against a set."""

    def __init__(self) -> None:
        super().__init__()
        self.balancer = SlowStart(SlowStartConfig(100), LeastRequest(Stream(3, "inner")))
        self.up_since: dict[int, int | None] = {}
        self.is_up: dict[int, bool] = {}
        self.active: Counter[int] = Counter()
        self.now = 0

    @rule(step=st.integers(0, 60))
    def wait(self, step: int) -> None:
        self.now += step

    @rule(member=st.integers(0, 4), weight=st.sampled_from([1, 1, 3]))
    def add(self, member: int, weight: int) -> None:
        self.balancer.add(member, weight)
        if member not in self.is_up:
            self.is_up[member], self.up_since[member] = True, None

    @precondition(lambda self: self.is_up)
    @rule(data=st.data(), verb=st.sampled_from(["remove", "mark_down", "mark_up"]))
    def change(self, data: st.DataObject, verb: str) -> None:
        member = data.draw(st.sampled_from(sorted(self.is_up)))
        getattr(self.balancer, verb)(member)
        if verb == "remove":
            del self.is_up[member]
        elif verb == "mark_down":
            self.is_up[member] = False
        elif not self.is_up[member]:
            self.is_up[member], self.up_since[member] = True, None

    @rule(avoid=st.integers(-1, 4))
    def send(self, avoid: int) -> None:
        up = {member for member, is_up in self.is_up.items() if is_up}
        picked = self.balancer.pick(self.now, avoid)
        assert picked in (up or {NO_MEMBER})
        assert picked != avoid or up <= {avoid}
        for member in up:
            if self.up_since[member] is None:
                self.up_since[member] = self.now
        if picked != NO_MEMBER:
            self.balancer.started(picked)
            self.active[picked] += 1

    @precondition(lambda self: +self.active)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(+self.active)))
        self.balancer.finished(member, 0, 1)
        self.active[member] -= 1

    @invariant()
    def ages_agree(self) -> None:
        for member, is_up in self.is_up.items():
            since = self.up_since[member]
            age = 0 if since is None else self.now - since
            expected = max(0.1, min(1.0, age / 100)) if is_up else None
            assert self.balancer.warmth_of(member, self.now) == expected
        for entry in self.balancer.snapshot().members:
            assert (entry.is_up, entry.active) == (
                self.is_up[entry.member],
                self.active[entry.member],
            )


WarmingMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=40
)
TestWarming = WarmingMachine.TestCase
