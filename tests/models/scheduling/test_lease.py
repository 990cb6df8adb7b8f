"""Holder's rules of semantics.md 9.7; theory.json lease-drift."""

import pytest

from models.base.errors import ConfigError, SimulationError
from models.base.time import NS_PER_S
from models.scheduling.config import LockConfig
from models.scheduling.lease import (
    AcquireLock,
    HolderState,
    LeaseGained,
    LeaseHolder,
    LeaseLost,
    ReleaseLock,
    RenewLock,
    safe_ttl_ns,
)

CONFIG = LockConfig(
    zone="a",
    ttl_ns=10 * NS_PER_S,
    renew_ns=4 * NS_PER_S,
    retry_ns=2 * NS_PER_S,
    drift_ratio=0.001,
)
TRUST = 9_980_019_980


def asking(start: int = 0) -> LeaseHolder:
    holder = LeaseHolder("lock", "a", CONFIG, start=start)
    assert holder.tick(now=start) == (AcquireLock("lock", "a", CONFIG.ttl_ns, start),)
    return holder


def leading(token: int = 5, *, answered: int = 1) -> LeaseHolder:
    holder = asking()
    assert holder.granted(token, sent_ns=0, now=answered) == (LeaseGained("lock", "a", token),)
    return holder


def test_trusted_time_is_the_lease_less_both_drifts() -> None:
    assert safe_ttl_ns(10 * NS_PER_S, 1000) == TRUST
    assert safe_ttl_ns(10 * NS_PER_S, 0) == 10 * NS_PER_S


def test_lease_counts_from_sending_not_from_the_answer() -> None:
    holder = leading(answered=3 * NS_PER_S)
    assert holder.leads(now=TRUST - 1)
    assert not holder.leads(now=TRUST)
    assert holder.token(now=TRUST - 1) == 5
    assert holder.token(now=TRUST) is None


def test_first_request_goes_out_at_the_start_and_not_before() -> None:
    holder = LeaseHolder("lock", "a", CONFIG, start=7)
    assert holder.next_deadline() == 7
    assert holder.tick(now=6) == ()
    assert holder.tick(now=7) == (AcquireLock("lock", "a", CONFIG.ttl_ns, 7),)


def test_candidate_asks_again_every_retry_period_on_its_own_phase() -> None:
    holder = asking(start=7)
    assert holder.next_deadline() == 7 + CONFIG.retry_ns
    late = 7 + CONFIG.retry_ns + 50
    assert holder.tick(now=late) == (AcquireLock("lock", "a", CONFIG.ttl_ns, late),)
    assert holder.next_deadline() == 7 + 2 * CONFIG.retry_ns


def test_refusal_makes_the_candidate_wait() -> None:
    holder = asking()
    assert holder.refused() == ()
    assert holder.state is HolderState.WAITING


def test_leader_renews_one_period_after_it_sent() -> None:
    holder = leading()
    assert holder.next_deadline() == CONFIG.renew_ns
    assert holder.tick(now=CONFIG.renew_ns - 1) == ()
    sent = CONFIG.renew_ns
    assert holder.tick(now=sent) == (RenewLock("lock", "a", 5, sent),)
    assert holder.granted(5, sent_ns=sent, now=sent + 9) == ()
    assert holder.next_deadline() == 2 * CONFIG.renew_ns
    assert holder.leads(now=sent + TRUST - 1)
    assert not holder.leads(now=sent + TRUST)


def test_unanswered_renewal_is_repeated_until_the_lease_is_lost() -> None:
    holder = leading()
    renewals = []
    while holder.state is not HolderState.WAITING and holder.state is not HolderState.ASKING:
        now = holder.next_deadline()
        assert now is not None
        renewals.append((now, holder.tick(now=now)))
    assert [now for now, _ in renewals] == [4 * NS_PER_S, 6 * NS_PER_S, 8 * NS_PER_S, TRUST]
    assert renewals[-1][1] == (LeaseLost("lock", "a", 5),)


def test_paused_leader_loses_before_it_asks_again() -> None:
    holder = leading()
    now = 60 * NS_PER_S
    assert not holder.leads(now=now)
    assert holder.tick(now=now) == (
        LeaseLost("lock", "a", 5),
        AcquireLock("lock", "a", CONFIG.ttl_ns, now),
    )


def test_refused_renewal_ends_the_lease_at_once() -> None:
    holder = leading()
    holder.tick(now=CONFIG.renew_ns)
    assert holder.refused(5) == (LeaseLost("lock", "a", 5),)
    assert not holder.leads(now=CONFIG.renew_ns)


def test_refusal_of_an_older_token_or_of_an_old_request_is_ignored() -> None:
    holder = leading()
    assert holder.refused(4) == ()
    assert holder.refused() == ()
    assert holder.leads(now=2)


def test_token_given_up_never_comes_back() -> None:
    holder = leading()
    holder.tick(now=TRUST)
    assert holder.granted(5, sent_ns=CONFIG.renew_ns, now=TRUST + 1) == ()
    assert holder.granted(4, sent_ns=TRUST, now=TRUST + 1) == ()
    assert not holder.leads(now=TRUST + 1)


def test_renewal_that_arrives_after_the_lease_was_distrusted_does_not_save_it() -> None:
    holder = leading()
    assert holder.granted(5, sent_ns=4 * NS_PER_S, now=TRUST) == (LeaseLost("lock", "a", 5),)


def test_grant_too_late_to_trust_is_handed_back() -> None:
    holder = asking()
    assert holder.granted(5, sent_ns=0, now=TRUST) == (ReleaseLock("lock", "a", 5),)
    assert asking().granted(5, sent_ns=0, now=TRUST - 1) == (LeaseGained("lock", "a", 5),)


def test_repeated_old_answer_neither_extends_nor_hastens() -> None:
    holder = leading()
    holder.tick(now=CONFIG.renew_ns)
    assert holder.granted(5, sent_ns=0, now=CONFIG.renew_ns + 1) == ()
    assert holder.state is HolderState.RENEWING
    assert not holder.leads(now=TRUST)


def test_higher_token_replaces_the_lower_one() -> None:
    holder = leading()
    assert holder.granted(6, sent_ns=2, now=3) == (
        LeaseLost("lock", "a", 5),
        LeaseGained("lock", "a", 6),
    )
    assert holder.token(now=3) == 6


def test_resigning_releases_and_later_grants_are_handed_back() -> None:
    holder = leading()
    assert holder.resign() == (LeaseLost("lock", "a", 5), ReleaseLock("lock", "a", 5))
    assert holder.next_deadline() is None
    assert holder.tick(now=20) == ()
    assert holder.granted(5, sent_ns=0, now=2) == ()
    assert holder.granted(6, sent_ns=0, now=2) == (ReleaseLock("lock", "a", 6),)


def test_one_can_stand_again_but_not_twice() -> None:
    holder = asking()
    assert holder.resign() == ()
    with pytest.raises(SimulationError):
        holder.resign()
    holder.stand(now=9)
    assert holder.next_deadline() == 9
    with pytest.raises(SimulationError):
        holder.stand(now=9)


@pytest.mark.parametrize(
    "config",
    [
        LockConfig("a", ttl_ns=0),
        LockConfig("a", retry_ns=0),
        LockConfig("a", renew_ns=0),
        LockConfig("a", drift_ratio=1.0),
        LockConfig("a", drift_ratio=-0.1),
        LockConfig("a", ttl_ns=NS_PER_S, renew_ns=NS_PER_S, drift_ratio=0.0),
    ],
)
def test_times_that_cannot_work_are_refused(config: LockConfig) -> None:
    with pytest.raises(ConfigError):
        LeaseHolder("lock", "a", config, start=0)
