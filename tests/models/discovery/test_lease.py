import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError, SimulationError
from models.discovery.lease import LeaseTable


def test_a_lease_still_holds_at_its_very_end_and_not_a_nanosecond_later() -> None:
    # expired iff now > last beat + lease
    leases = LeaseTable(100)
    leases.renew("a", now=7)
    assert leases.is_valid("a", now=107)
    assert not leases.is_valid("a", now=108)


def test_the_expired_ones_are_found_by_the_same_strict_bound() -> None:
    leases = LeaseTable(100)
    leases.renew("a", now=7)
    assert leases.expired(now=107) == ()
    assert leases.expired(now=108) == ("a",)


def test_a_renewal_does_not_count_the_duration_twice() -> None:
    # Eureka sets last update to now + duration on renewal, so its leases last 2 x 90 s
    leases = LeaseTable(90)
    leases.renew("a", now=0)
    leases.renew("a", now=30)
    assert leases.expired(now=120) == ()
    assert leases.expired(now=121) == ("a",)


def test_the_longest_silent_comes_first_among_the_expired() -> None:
    leases = LeaseTable(10)
    for now, instance in enumerate(("c", "a", "b")):
        leases.renew(instance, now=now)
    leases.renew("c", now=3)
    assert leases.expired(now=50) == ("a", "b", "c")


def test_beats_of_one_instant_expire_in_order_of_arrival() -> None:
    leases = LeaseTable(10)
    leases.renew("b", now=5)
    leases.renew("a", now=5)
    assert leases.expired(now=16) == ("b", "a")


def test_looking_for_expired_leases_changes_nothing() -> None:
    leases = LeaseTable(10)
    leases.renew("a", now=0)
    assert leases.expired(now=11) == leases.expired(now=11) == ("a",)


def test_a_dropped_lease_is_neither_valid_nor_expired() -> None:
    leases = LeaseTable(10)
    leases.renew("a", now=0)
    leases.drop("a")
    leases.drop("a")
    assert not leases.is_valid("a", now=1)
    assert leases.expired(now=99) == ()


def test_a_clock_that_goes_back_is_reported_and_renews_nothing() -> None:
    leases = LeaseTable(10)
    leases.renew("a", now=5)
    with pytest.raises(SimulationError, match="clock went back"):
        leases.renew("a", now=4)
    assert leases.expired(now=15) == ()
    assert leases.expired(now=16) == ("a",)


@pytest.mark.parametrize("length", [0, -1])
def test_a_lease_without_length_is_refused(length: int) -> None:
    with pytest.raises(ConfigError):
        LeaseTable(length)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 6)), max_size=30))
def test_expired_and_valid_leases_are_complements(beats: list[tuple[str, int]]) -> None:
    leases, now = LeaseTable(8), 0
    for instance, pause in beats:
        now += pause
        leases.renew(instance, now=now)
    known = {instance for instance, _ in beats}
    for at in range(now, now + 12):
        expired = set(leases.expired(now=at))
        assert expired == {name for name in known if not leases.is_valid(name, now=at)}
