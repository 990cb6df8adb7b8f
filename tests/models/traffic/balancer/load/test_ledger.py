"""Counts of active attempts, as all policies that look at load keep them."""

import pytest

from models.base.errors import SimulationError
from models.traffic.balancer.hashed.bounded_load import BoundedLoad
from models.traffic.balancer.load.least_connections import LeastConnections
from models.traffic.balancer.load.ledger import LoadLedger, counts_of
from models.traffic.balancer.load.peak_ewma import PeakEwma
from models.traffic.balancer.round_robin import RoundRobin


def ledger(*members: int) -> LoadLedger:
    balancer = LeastConnections()
    for member in members:
        balancer.add(member)
    return balancer


def active(balancer: LoadLedger) -> list[int | None]:
    return [entry.active for entry in balancer.snapshot().members]


def test_starts_and_ends_are_counted_for_each_member() -> None:
    balancer = ledger(7, 2)
    for member in (7, 2, 7):
        balancer.started(member)
    balancer.finished(2, 0, 1)
    assert active(balancer) == [2, 0]


def test_counts_survive_leaving_and_joining_again() -> None:
    balancer = ledger(7, 2)
    balancer.started(7)
    balancer.started(7)
    balancer.remove(7)
    balancer.finished(7, 0, 1)
    balancer.add(7)
    assert active(balancer) == [0, 1]


def test_an_end_too_many_is_refused_and_changes_nothing() -> None:
    balancer = ledger(7)
    with pytest.raises(SimulationError, match="member 7 finished an attempt that never started"):
        balancer.finished(7, 0, 1)
    assert active(balancer) == [0]


def test_what_the_caller_counts_by_itself_is_the_policys_own_count() -> None:
    balancer = ledger(7, 2)
    counts = counts_of(balancer)
    assert counts is not None
    counts[7] += 1
    assert active(balancer) == [1, 0]
    assert balancer.pick(0) == 2


def test_a_policy_that_learns_more_from_ends_than_their_number_must_be_told() -> None:
    assert not PeakEwma.only_counts
    assert not BoundedLoad.only_counts


def test_a_policy_that_does_not_look_at_load_takes_any_count() -> None:
    counts = counts_of(RoundRobin())
    assert counts is not None
    counts[3] += 1
    assert counts == {3: 1}
