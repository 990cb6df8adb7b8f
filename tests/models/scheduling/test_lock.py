"""Granter's rules of semantics.md 9.7 and planted bug PB10."""

import pytest

from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.scheduling.fencing import FencedResource
from models.scheduling.lock import Granted, LeaseLapsed, LockServer, Refused

TTL = 30 * NS_PER_S


def take(server: LockServer, owner: str, *, now: int, request: int | None = None) -> Granted:
    answer = server.acquire("jobs", owner, ttl_ns=TTL, now=now, request=request)
    assert isinstance(answer, Granted)
    return answer


def test_lease_is_held_through_its_last_nanosecond_and_not_one_longer() -> None:
    server = LockServer()
    take(server, "a", now=0)
    assert server.acquire("jobs", "b", ttl_ns=TTL, now=TTL) == Refused("a", 1)
    assert server.acquire("jobs", "b", ttl_ns=TTL, now=TTL + 1) == Granted(2, 2 * TTL + 1)


def test_renewal_extends_from_now_up_to_the_last_nanosecond() -> None:
    server = LockServer()
    grant = take(server, "a", now=0)
    assert server.renew("jobs", "a", grant.token, now=TTL) == Granted(1, 2 * TTL)
    assert server.renew("jobs", "a", grant.token, now=2 * TTL + 1) == Refused("", 0)


def test_owner_that_lets_its_lease_lapse_gets_a_new_token() -> None:
    server = LockServer()
    first = take(server, "a", now=0)
    second = take(server, "a", now=TTL + 1)
    assert second.token > first.token
    assert isinstance(server.renew("jobs", "a", first.token, now=TTL + 2), Refused)


def test_owner_that_asks_again_gets_a_new_token_and_a_full_lease() -> None:
    server = LockServer()
    take(server, "a", now=0)
    assert take(server, "a", now=7) == Granted(2, TTL + 7)


def test_duplicate_of_the_granted_request_is_answered_as_before() -> None:
    server = LockServer()
    first = take(server, "a", now=0, request=0)
    assert take(server, "a", now=9, request=0) == first
    assert take(server, "a", now=9, request=8) == Granted(2, TTL + 9)


@pytest.mark.parametrize(("owner", "token"), [("b", 1), ("a", 0), ("a", 2)])
def test_release_and_renewal_by_another_owner_or_token_change_nothing(
    owner: str, token: int
) -> None:
    server = LockServer()
    take(server, "a", now=0)
    before = server.snapshot()
    assert server.release("jobs", owner, token, now=1) is False
    assert server.renew("jobs", owner, token, now=1) == Refused("a", TTL)
    assert server.snapshot() == before


def test_lapsed_holder_cannot_release_the_lock_of_the_next() -> None:
    # PB10
    server = LockServer()
    old = take(server, "a", now=0)
    new = take(server, "b", now=TTL + 1)
    assert server.release("jobs", "a", old.token, now=TTL + 2) is False
    holder = server.holder("jobs", now=TTL + 2)
    assert holder is not None
    assert (holder.owner, holder.token) == ("b", new.token)


def test_released_lock_is_free_at_once_under_a_higher_token() -> None:
    server = LockServer()
    grant = take(server, "a", now=0)
    assert server.release("jobs", "a", grant.token, now=1) is True
    assert server.release("jobs", "a", grant.token, now=1) is False
    assert take(server, "b", now=1).token == grant.token + 1


def test_tokens_increase_across_names_and_restarts() -> None:
    server = LockServer(first_token=33)
    assert take(server, "a", now=0).token == 33
    assert server.acquire("other", "a", ttl_ns=TTL, now=0) == Granted(34, TTL)


def test_reading_the_holder_changes_nothing() -> None:
    server = LockServer()
    take(server, "a", now=0)
    assert server.holder("jobs", now=TTL) is not None
    assert server.holder("jobs", now=TTL + 1) is None
    assert server.next_deadline() == TTL + 1


def test_each_lapse_is_reported_once() -> None:
    server = LockServer()
    take(server, "a", now=0)
    assert server.tick(now=TTL) == ()
    assert server.tick(now=TTL + 1) == (LeaseLapsed("jobs", "a", 1, TTL),)
    assert server.tick(now=TTL + 2) == ()
    assert server.next_deadline() is None


def test_lapse_found_by_a_rival_is_still_reported() -> None:
    server = LockServer()
    take(server, "a", now=0)
    take(server, "b", now=TTL + 5)
    assert server.next_deadline() == TTL + 1
    assert server.tick(now=TTL + 5) == (LeaseLapsed("jobs", "a", 1, TTL),)


@pytest.mark.parametrize(("owner", "ttl_ns"), [("", 1), ("a", 0), ("a", -1)])
def test_acquire_without_owner_or_time_is_refused(owner: str, ttl_ns: int) -> None:
    with pytest.raises(ConfigError):
        LockServer().acquire("jobs", owner, ttl_ns=ttl_ns, now=0)


def test_paused_holder_is_fenced_at_the_resource() -> None:
    # semantics.md 9.7, acceptance: A (33) pauses 60 s, B (34) writes, A's write is rejected
    server, resource = LockServer(first_token=33), FencedResource()
    paused = take(server, "A", now=0)
    successor = take(server, "B", now=31 * NS_PER_S)
    assert resource.check(successor.token)
    assert not resource.check(paused.token)
