"""Client cache: time to live, least recently used, negative answers, one flight per key."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.base.errors import ConfigError, SimulationError
from models.base.portable import ln
from models.base.streams import Stream
from models.traffic.response_cache import CacheAnswer, CacheConfig, Lookup, ResponseCache

S = 1_000_000_000
HIT, STALE, REFRESH, NEGATIVE, FETCH, JOIN = Lookup
Cache = ResponseCache[str, str]


def cache(**changes: int) -> Cache:
    return Cache(CacheConfig(**{"capacity": 3, "ttl_ns": 100, **changes}))  # type: ignore[arg-type]


def fill(made: Cache, key: str = "k", *, now: int = 0, value: str = "v") -> None:
    assert made.ask(key, 99, now=now).lookup in (FETCH, REFRESH)
    made.fetched(key, 99, value, now=now)


def looked_up(made: Cache, now: int, key: str = "k", caller: int = 1) -> Lookup:
    return made.ask(key, caller, now=now).lookup


def test_a_value_is_fresh_until_its_time_to_live_is_over() -> None:
    made = cache()
    fill(made, now=10)
    assert made.ask("k", 1, now=109) == CacheAnswer(HIT, "v", 10)
    assert made.ask("k", 1, now=110) == CacheAnswer(FETCH)


def test_the_key_least_recently_used_leaves_first() -> None:
    made = cache()
    for key in ("a", "b", "c"):
        fill(made, key)
    looked_up(made, 1, "a")
    fill(made, "d", now=1)
    assert len(made) == 3
    assert [looked_up(made, 2, key) for key in ("a", "c", "d", "b")] == [HIT, HIT, HIT, FETCH]


def test_one_caller_fetches_and_the_others_wait_for_it() -> None:
    made = cache()
    assert [looked_up(made, 0, caller=n) for n in (1, 2, 3)] == [FETCH, JOIN, JOIN]
    assert made.fetched("k", 1, "v", now=5) == (2, 3)
    assert looked_up(made, 5) is HIT


def test_without_coalescing_everyone_fetches() -> None:
    made = cache(coalesces=False)
    assert [looked_up(made, 0, caller=n) for n in (1, 2, 3)] == [FETCH] * 3
    assert [made.fetched("k", n, "v", now=5) for n in (1, 2, 3)] == [()] * 3


def test_a_failed_flight_lets_the_next_caller_try() -> None:
    made = cache()
    looked_up(made, 0, caller=1)
    looked_up(made, 0, caller=2)
    assert made.failed("k", 1) == (2,)
    assert looked_up(made, 0, caller=3) is FETCH


def test_an_old_value_is_served_while_one_caller_refreshes_it() -> None:
    made = cache(stale_ns=50)
    fill(made)
    assert [looked_up(made, 100, caller=n) for n in (1, 2)] == [REFRESH, STALE]
    made.fetched("k", 1, "new", now=120)
    assert made.ask("k", 3, now=219) == CacheAnswer(HIT, "new", 120)


def test_a_refresh_that_failed_leaves_the_old_value_and_its_age() -> None:
    made = cache(stale_ns=50)
    fill(made)
    looked_up(made, 100, caller=1)
    made.failed("k", 1)
    assert looked_up(made, 149, caller=2) is REFRESH
    made.failed("k", 2)
    assert looked_up(made, 150, caller=3) is FETCH


def test_that_there_is_nothing_is_remembered_for_its_own_time() -> None:
    made = cache(negative_ttl_ns=20)
    looked_up(made, 0, caller=1)
    made.missing("k", 1, now=10)
    assert looked_up(made, 29) is NEGATIVE
    assert looked_up(made, 30) is FETCH


def test_that_there_is_nothing_need_not_be_remembered() -> None:
    made = cache(stale_ns=50)
    fill(made)
    looked_up(made, 100, caller=1)
    made.missing("k", 1, now=101)
    assert looked_up(made, 101) is FETCH
    assert made.peek("k") is None


def test_a_value_from_before_an_invalidation_is_not_kept() -> None:
    made = cache()
    looked_up(made, 0, caller=1)
    looked_up(made, 0, caller=2)
    made.invalidate("k")
    assert made.fetched("k", 1, "old", now=5) == (2,)
    assert looked_up(made, 5) is FETCH


def test_who_asks_after_an_invalidation_does_not_join_the_flight_from_before() -> None:
    made = cache()
    looked_up(made, 0, caller=1)
    made.invalidate("k")
    assert looked_up(made, 1, caller=2) is FETCH
    assert looked_up(made, 1, caller=3) is JOIN
    assert made.fetched("k", 2, "new", now=5) == (3,)
    assert made.fetched("k", 1, "old", now=6) == ()
    assert made.ask("k", 4, now=6).value == "new"


def test_an_invalidated_value_is_gone() -> None:
    made = cache()
    fill(made)
    made.invalidate("k")
    assert looked_up(made, 1) is FETCH


def test_a_flush_forgets_everything_and_what_is_on_its_way() -> None:
    made = cache()
    fill(made, "a")
    looked_up(made, 0, "b", caller=1)
    made.flush()
    made.fetched("b", 1, "old", now=1)
    assert [looked_up(made, 1, key) for key in ("a", "b")] == [FETCH, FETCH]


def test_when_the_leader_goes_away_the_next_in_line_fetches() -> None:
    made = cache()
    for caller in (1, 2, 3):
        looked_up(made, 0, caller=caller)
    assert made.abandoned("k", 2) is None
    assert made.abandoned("k", 1) == 3
    assert made.fetched("k", 3, "v", now=1) == ()


def test_a_flight_that_everybody_left_is_over() -> None:
    made = cache()
    looked_up(made, 0, caller=1)
    assert made.abandoned("k", 1) is None
    assert looked_up(made, 0, caller=2) is FETCH
    assert made.abandoned("unknown", 1) is None


def test_a_new_leader_after_an_invalidation_fetches_something_worth_keeping() -> None:
    made = cache()
    looked_up(made, 0, caller=1)
    looked_up(made, 0, caller=2)
    made.invalidate("k")
    assert made.abandoned("k", 1) == 2
    made.fetched("k", 2, "new", now=1)
    assert looked_up(made, 1) is HIT


def test_a_value_for_a_fallback_may_be_of_any_age() -> None:
    made = cache()
    fill(made)
    assert made.peek("k") == CacheAnswer(STALE, "v", 0)
    assert made.peek("other") is None


def test_a_time_to_live_is_shortened_by_a_random_share_of_the_jitter() -> None:
    made = Cache(CacheConfig(ttl_ns=1000, jitter_ratio=0.4), Stream(1, "jitter"))
    dice = Stream(1, "jitter")
    for number in range(20):
        fill(made, f"k{number}")
        ends = 1000 - int(400 * dice.uniform())
        assert made.ask(f"k{number}", 1, now=ends - 1).lookup is HIT
        assert made.ask(f"k{number}", 1, now=ends).lookup is FETCH
        made.failed(f"k{number}", 1)


def test_a_fresh_value_is_refreshed_early_by_chance_and_cost() -> None:
    """Fetched in 10 ns: the chance 20 ns before the end is exp(-2) with a beta of 1 (XFetch)."""
    made = Cache(CacheConfig(ttl_ns=100, early_beta=1.0), Stream(1, "early"))
    refreshed = 0
    for turn in range(4000):
        begin = turn * 1000
        assert made.ask("k", 1, now=begin).lookup is FETCH
        made.fetched("k", 1, "v", now=begin + 10)
        answer = made.ask("k", 2, now=begin + 90)
        assert answer.value == "v"
        if answer.lookup is REFRESH:
            refreshed += 1
            made.failed("k", 2)
    assert refreshed / 4000 == pytest.approx(0.1353, abs=0.02)


def test_only_one_caller_refreshes_early_and_the_others_hit() -> None:
    made = Cache(CacheConfig(ttl_ns=100, early_beta=1000.0), Stream(1, "early"))
    assert made.ask("k", 1, now=0).lookup is FETCH
    made.fetched("k", 1, "v", now=10)
    assert [looked_up(made, 50, caller=n) for n in (2, 3)] == [REFRESH, HIT]


def test_what_was_filled_in_has_the_age_it_was_given() -> None:
    made = cache()
    made.fill("k", "v", now=50, age_ns=60)
    assert made.ask("k", 1, now=89) == CacheAnswer(HIT, "v", -10)
    assert looked_up(made, 90) is FETCH


def test_filling_keeps_to_the_capacity() -> None:
    made = cache()
    for number in range(5):
        made.fill(f"k{number}", "v", now=0)
    assert len(made) == 3


@pytest.mark.parametrize(
    "config",
    [
        CacheConfig(jitter_ratio=-0.1),
        CacheConfig(jitter_ratio=1.1),
        CacheConfig(early_beta=-1.0),
    ],
)
def test_dice_that_make_no_sense_are_refused(config: CacheConfig) -> None:
    with pytest.raises(ConfigError, match="jitter_ratio"):
        Cache(config, Stream(1, "dice"))


@pytest.mark.parametrize("config", [CacheConfig(jitter_ratio=0.1), CacheConfig(early_beta=1.0)])
def test_dice_need_a_stream(config: CacheConfig) -> None:
    with pytest.raises(ConfigError, match="need a stream"):
        Cache(config)


def test_only_who_leads_a_flight_can_land_it() -> None:
    made = cache()
    looked_up(made, 0, caller=1)
    looked_up(made, 0, caller=2)
    for caller in (2, 7):
        with pytest.raises(SimulationError, match="leads no flight"):
            made.fetched("k", caller, "v", now=1)
    with pytest.raises(SimulationError, match="leads no flight"):
        made.failed("other", 1)


@pytest.mark.parametrize(
    "changes", [{"capacity": 0}, {"ttl_ns": 0}, {"stale_ns": -1}, {"negative_ttl_ns": -1}]
)
def test_a_cache_that_makes_no_sense_is_refused(changes: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="cache"):
        cache(**changes)


def test_the_hit_ratio_under_poisson_requests_is_that_of_renewal_theory() -> None:
    """Rate 2, time to live 5 from the fill: 10 / 11."""
    made = Cache(CacheConfig(1, 5 * S))
    gaps = Stream(3, "gaps")
    now, hits, requests = 0, 0, 50_000
    for _ in range(requests):
        now += round(-ln(1.0 - gaps.uniform()) * S / 2)
        if looked_up(made, now) is HIT:
            hits += 1
        else:
            made.fetched("k", 1, "v", now=now)
    assert hits / requests == pytest.approx(10 / 11, abs=0.006)


class CacheMachine(RuleBasedStateMachine):
    """Every caller gets one answer; nothing older than allowed or than an invalidation is hit."""

    @initialize(coalesces=st.booleans(), stale=st.sampled_from([0, 30]))
    def start(self, coalesces: bool, stale: int) -> None:
        self.cache = ResponseCache[int, int](
            CacheConfig(2, 50, stale, negative_ttl_ns=10, coalesces=coalesces)
        )
        self.coalesces, self.stale = coalesces, stale
        self.now, self.callers = 0, 0
        self.asked: dict[tuple[int, int], int] = {}
        self.waiting: set[tuple[int, int]] = set()
        self.invalid_at = {0: -1, 1: -1, 2: -1}

    @rule(wait=st.integers(1, 40))
    def wait(self, wait: int) -> None:
        self.now += wait

    @rule(key=st.integers(0, 2))
    def ask(self, key: int) -> None:
        self.callers += 1
        self.now += 1
        answer = self.cache.ask(key, self.callers, now=self.now)
        if answer.lookup in (HIT, STALE, REFRESH):
            assert answer.kept_at is not None
            assert answer.value is not None
            assert self.now - answer.kept_at < 50 + (answer.lookup is not HIT) * self.stale
            assert answer.value > self.invalid_at[key]
        if answer.lookup in (FETCH, REFRESH):
            self.asked[key, self.callers] = self.now
        if answer.lookup is JOIN:
            self.waiting.add((key, self.callers))

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), ending=st.integers(0, 3))
    def land(self, data: st.DataObject, ending: int) -> None:
        key, caller = data.draw(st.sampled_from(sorted(self.asked)))
        asked_at = self.asked.pop((key, caller))
        waiters: tuple[int, ...] = ()
        if ending == 0:
            waiters = self.cache.fetched(key, caller, asked_at, now=self.now)
        elif ending == 1:
            waiters = self.cache.missing(key, caller, now=self.now)
        elif ending == 2:
            waiters = self.cache.failed(key, caller)
        else:
            leader = self.cache.abandoned(key, caller)
            if leader is not None:
                self.waiting.remove((key, leader))
                self.asked[key, leader] = self.now
        for waiter in waiters:
            self.waiting.remove((key, waiter))

    @rule(key=st.integers(0, 2))
    def invalidate(self, key: int) -> None:
        self.now += 1
        self.cache.invalidate(key)
        self.invalid_at[key] = self.now

    @invariant()
    def it_holds_no_more_than_its_capacity(self) -> None:
        assert len(self.cache) <= 2

    @invariant()
    def nobody_waits_for_a_key_that_nobody_fetches(self) -> None:
        assert {key for key, _ in self.waiting} <= {key for key, _ in self.asked}
        assert self.coalesces or not self.waiting


CacheMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=50
)
TestCache = CacheMachine.TestCase


def test_a_time_to_live_of_a_nanosecond_is_allowed() -> None:
    made = cache(capacity=1, ttl_ns=1)
    fill(made)
    assert looked_up(made, 0) is HIT
    assert looked_up(made, 1) is FETCH
