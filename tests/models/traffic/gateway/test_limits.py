"""Limits on routes, clients and addresses."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.traffic.gateway.decision import Reason
from models.traffic.gateway.limits import KeyedLimiters, RateLimit, RouteLimiter, RouteLimits
from models.traffic.limiter.base import Rate

TWO = RateLimit(Rate(1), burst=2)


def test_each_key_has_its_own_limit() -> None:
    keyed = KeyedLimiters(TWO)
    assert [keyed.try_acquire("a", 0) for _ in range(3)] == [0, 0, NS_PER_S]
    assert keyed.try_acquire("b", 0) == 0


def test_a_full_table_lets_new_keys_share_one_limit() -> None:
    keyed = KeyedLimiters(TWO, keys_max=1)
    assert keyed.try_acquire("a", 0) == 0
    assert [keyed.try_acquire(key, 0) for key in "bcd"] == [0, 0, NS_PER_S]
    assert keyed.try_acquire("a", 0) == 0


def test_a_key_is_forgotten_only_once_its_limit_is_full_again() -> None:
    keyed = KeyedLimiters(TWO, keys_max=1)
    keyed.try_acquire("a", 0)
    keyed.try_acquire("b", 2 * NS_PER_S - 1)
    assert keyed.try_acquire("b", 2 * NS_PER_S - 1) == 0
    assert keyed.try_acquire("b", 2 * NS_PER_S - 1) > 0, "b shares, a is still remembered"
    assert keyed.try_acquire("c", 2 * NS_PER_S) == 0, "a has room made for c"
    assert len(keyed) == 1


def test_the_key_that_was_silent_longest_makes_room() -> None:
    keyed = KeyedLimiters(TWO, keys_max=2)
    keyed.try_acquire("a", 0)
    keyed.try_acquire("b", 0)
    keyed.try_acquire("a", NS_PER_S)
    assert [keyed.try_acquire("c", 2 * NS_PER_S) for _ in range(2)] == [0, 0]
    assert keyed.try_acquire("d", 2 * NS_PER_S) == 0, "c did not use what newcomers share"


@pytest.mark.parametrize(
    ("limit", "refill_ns"),
    [(TWO, 2 * NS_PER_S), (RateLimit(Rate(3, 10), 1), 4), (RateLimit(Rate(3, 9), 3), 9)],
)
def test_a_limit_is_full_again_after_its_burst_at_its_rate(
    limit: RateLimit, refill_ns: int
) -> None:
    assert limit.refill_ns == refill_ns


def test_an_address_is_limited_for_itself() -> None:
    limiter = RouteLimiter(RouteLimits(per_address=RateLimit(Rate(1), 1)))
    assert limiter.admit_address("1.1.1.1", now=0) is None
    refusal = limiter.admit_address("1.1.1.1", now=0)
    assert refusal is not None
    assert (refusal.reason, refusal.wait_ns) == (Reason.ADDRESS_LIMITED, NS_PER_S)
    assert limiter.admit_address("2.2.2.2", now=0) is None


def test_a_hot_client_takes_nothing_of_what_all_share() -> None:
    limits = RouteLimits(per_key=RateLimit(Rate(1), 1), per_route=RateLimit(Rate(1), 2))
    limiter = RouteLimiter(limits)
    hot = [limiter.admit_client("hot", now=0) for _ in range(5)]
    assert [refusal and refusal.reason for refusal in hot] == [None, *[Reason.KEY_LIMITED] * 4]
    assert limiter.admit_client("cool", now=0) is None
    last = limiter.admit_client("third", now=0)
    assert last is not None
    assert (last.reason, last.wait_ns) == (Reason.ROUTE_LIMITED, NS_PER_S)


def test_no_limits_admit_everyone() -> None:
    limiter = RouteLimiter(RouteLimits())
    assert all(limiter.admit_client("a", now=0) is None for _ in range(100))
    assert all(limiter.admit_address("a", now=0) is None for _ in range(100))


@pytest.mark.parametrize("limit", [RateLimit(Rate(1), 0), RateLimit(Rate(1), -1)])
def test_a_limit_below_one_is_refused(limit: RateLimit) -> None:
    for limits in (RouteLimits(limit), RouteLimits(None, limit), RouteLimits(per_route=limit)):
        with pytest.raises(ConfigError):
            RouteLimiter(limits)
    with pytest.raises(ConfigError):
        KeyedLimiters(TWO, keys_max=0)


class KeyedMachine(RuleBasedStateMachine):
    """However many names a caller uses, no key is ever admitted beyond rate and burst."""

    @initialize(burst=st.integers(1, 3), keys_max=st.integers(1, 3))
    def start(self, burst: int, keys_max: int) -> None:
        self.limit = RateLimit(Rate(1, 10), burst)
        self.keys_max = keys_max
        self.keyed = KeyedLimiters(self.limit, keys_max=keys_max)
        self.admitted: dict[str, list[int]] = {}
        self.now = 0

    @rule(wait=st.integers(0, 40))
    def wait(self, wait: int) -> None:
        self.now += wait

    @rule(key=st.sampled_from("abcdef"))
    def acquire(self, key: str) -> None:
        wait_ns = self.keyed.try_acquire(key, self.now)
        assert wait_ns >= 0
        if wait_ns == 0:
            self.admitted.setdefault(key, []).append(self.now)

    @invariant()
    def memory_is_bounded(self) -> None:
        assert not hasattr(self, "keyed") or len(self.keyed) <= self.keys_max

    @invariant()
    def no_window_holds_more_than_rate_and_two_bursts(self) -> None:
        """A key may move from the shared limiter to its own, which adds one burst at most."""
        for instants in getattr(self, "admitted", {}).values():
            for first, start in enumerate(instants):
                for last in range(first, len(instants)):
                    window = instants[last] - start
                    assert last - first + 1 <= 2 * (self.limit.burst + window // 10)


KeyedMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=40
)
TestKeyedLimiters = KeyedMachine.TestCase
