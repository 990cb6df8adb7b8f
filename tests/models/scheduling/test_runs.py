"""Run store: semantics.md 11.3, planted bugs PB11-PB13, theory.json cron-dedup."""

import pytest

from models.base.errors import SimulationError
from models.scheduling.runs import Claim, JobRuns, RunHistory, RunStore
from models.scheduling.tasks import RunKey, TaskStatus


def test_each_tick_is_claimed_once_whoever_asks() -> None:
    store = RunStore()
    claims = [store.claim("job", 10, token) for token in (1, 1, 2, 3)]
    assert claims == [Claim.ACCEPTED, Claim.DUPLICATE, Claim.DUPLICATE, Claim.DUPLICATE]


def test_ticks_and_jobs_are_claimed_apart() -> None:
    store = RunStore()
    assert store.claim("a", 10, 1) is Claim.ACCEPTED
    assert store.claim("b", 10, 1) is Claim.ACCEPTED
    assert store.claim("a", 20, 1) is Claim.ACCEPTED


def test_lower_token_is_fenced_after_a_higher_one_claimed() -> None:
    store = RunStore()
    store.claim("a", 10, 2)
    assert store.claim("b", 20, 1) is Claim.FENCED
    assert store.token_of("b", 20) is None


def test_opening_fences_predecessors_before_anything_is_claimed() -> None:
    store = RunStore()
    assert store.open(2) == RunHistory(2, 0, ())
    assert store.claim("a", 10, 1) is Claim.FENCED
    assert store.skip("a", 10, 1) is Claim.FENCED
    assert store.open(1) is None


def test_history_tells_decided_and_active_ticks_in_order() -> None:
    store = RunStore()
    store.claim("b", 30, 1)
    store.claim("a", 20, 1)
    store.skip("a", 10, 1)
    store.finish("b", 30, TaskStatus.SUCCEEDED)
    history = store.open(1)
    assert history is not None
    assert history.jobs == (JobRuns("a", (10, 20), (20,)), JobRuns("b", (30,), ()))
    assert history.revision == store.revision == 4


def test_skipped_tick_cannot_be_claimed() -> None:
    store = RunStore()
    store.skip("a", 10, 1)
    assert store.claim("a", 10, 2) is Claim.DUPLICATE
    assert not store.is_active("a", 10)


def test_abandoned_claim_can_be_made_again() -> None:
    store = RunStore()
    store.claim("a", 10, 1)
    assert store.abandon("a", 10, 1) is True
    assert store.claim("a", 10, 2) is Claim.ACCEPTED


def test_claim_of_another_token_or_one_that_ended_cannot_be_abandoned() -> None:
    store = RunStore()
    store.claim("a", 10, 2)
    assert store.abandon("a", 10, 1) is False
    assert store.abandon("b", 10, 2) is False
    store.finish("a", 10, TaskStatus.FAILED)
    assert store.abandon("a", 10, 2) is False
    assert store.claim("a", 10, 2) is Claim.DUPLICATE


def test_run_ends_once() -> None:
    store = RunStore()
    store.claim("a", 10, 1)
    assert store.status_of(RunKey("a", 10)) is TaskStatus.QUEUED
    assert store.finish("a", 10, TaskStatus.LOST) is True
    assert store.finish("a", 10, TaskStatus.SUCCEEDED) is False
    assert store.status_of(RunKey("a", 10)) is TaskStatus.LOST
    assert store.finish("b", 10, TaskStatus.LOST) is False


def test_run_cannot_end_in_a_status_that_is_no_end() -> None:
    store = RunStore()
    store.claim("a", 10, 1)
    with pytest.raises(SimulationError):
        store.finish("a", 10, TaskStatus.RUNNING)


def test_forgotten_ticks_stay_claimed() -> None:
    store = RunStore(history_limit=2)
    for tick in (10, 20, 30):
        store.claim("a", tick, 1)
        store.finish("a", tick, TaskStatus.SUCCEEDED)
    history = store.open(1)
    assert history is not None
    assert history.jobs == (JobRuns("a", (20, 30), (), forgotten_until=10),)
    assert [store.claim("a", tick, 1) for tick in (9, 10, 11)] == [
        Claim.DUPLICATE,
        Claim.DUPLICATE,
        Claim.ACCEPTED,
    ]


def test_active_runs_are_not_forgotten() -> None:
    store = RunStore(history_limit=1)
    for tick in (10, 20, 30):
        store.claim("a", tick, 1)
    assert store.is_active("a", 10)


def test_refused_claims_are_no_change() -> None:
    store = RunStore()
    store.claim("a", 10, 2)
    revision = store.revision
    store.claim("a", 10, 2)
    store.claim("a", 20, 1)
    assert store.revision == revision
