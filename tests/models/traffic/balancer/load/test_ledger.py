"""Counts of active attempts, as all policies that look at load keep them."""

import pytest

from models.base.errors import SimulationError
from models.traffic.balancer.load.least_connections import LeastConnections
from models.traffic.balancer.load.ledger import LoadLedger


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
