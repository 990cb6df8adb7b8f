"""Connection pools: who waits, who is turned away, and that every connection comes back."""

from dataclasses import replace

import numpy as np
import pytest

from models.base.distributions import Deterministic
from models.base.outcome import Outcome
from models.faults.plan import InstanceCrash
from models.faults.selector import Selector
from models.records.schema import NO_PARENT
from models.service.spec import Cancel
from models.traffic.config import BreakerConfig, EdgeConfig, PoolConfig
from sim.processes.metrics_pages import InstancePage
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, fault, service


def world(
    pool: PoolConfig | None,
    *,
    rate: float = 100.0,
    timeout_ns: int = S,
    breaker: BreakerConfig | None = None,
    crash: bool = False,
    shuffle: bool = False,
) -> World:
    """One front calls a back that takes 18 ms; with links of 1 ms a connection does 50 a second."""
    inner: EdgeConfig = replace(
        edge("front", "back", timeout_ns=timeout_ns), pool=pool, breaker=breaker
    )
    plan = blueprint(
        [
            service(
                "front", count=1, slots=1000, work=Deterministic(0), calls=[["back"]],
                cancel=Cancel.RUNNING,
            ),
            service("back", count=1, slots=1000, work=Deterministic(18 * MS)),
        ],
        [edge("users", "front", timeout_ns=2 * S), inner],
        rate_per_s=rate,
        seconds=10,
        faults=[fault(InstanceCrash(Selector(service="front")), at_s=4, for_s=1)] if crash else (),
    )  # fmt: skip
    return build(plan, 1, shuffle_ties=shuffle)


def calls(made: World) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts, ends and outcomes of the calls from front to back."""
    attempts = made.run().tables[1]
    inner = attempts["parent"] != NO_PARENT
    start = attempts["start_ns"][inner]
    return start, start + attempts["duration_ns"][inner], attempts["outcome"][inner]


def most_at_once(start: np.ndarray, end: np.ndarray, outcome: np.ndarray) -> int:
    sent = outcome != Outcome.NO_CONNECTION
    steps = sorted([(t, 1) for t in start[sent].tolist()] + [(t, -1) for t in end[sent].tolist()])
    return int(np.cumsum([step for _, step in steps]).max())


@pytest.mark.parametrize("shuffle", [False, True])
def test_no_more_tries_are_under_way_than_there_are_connections(shuffle: bool) -> None:
    start, end, outcome = calls(world(PoolConfig(3), rate=130, shuffle=shuffle))
    assert most_at_once(start, end, outcome) == 3
    assert set(outcome.tolist()) <= {Outcome.OK, Outcome.IN_FLIGHT}


def test_a_pool_does_as_much_as_its_connections_allow() -> None:
    start, end, outcome = calls(world(PoolConfig(2, pending=20), rate=200))
    assert np.count_nonzero(outcome == Outcome.OK) / 10 == pytest.approx(100, rel=0.03)
    assert np.count_nonzero(outcome == Outcome.NO_CONNECTION) > 500
    assert most_at_once(start, end, outcome) == 2


def test_who_finds_the_line_full_is_turned_away_at_once() -> None:
    start, end, outcome = calls(world(PoolConfig(2, pending=0), rate=200))
    away = outcome == Outcome.NO_CONNECTION
    assert away.any()
    assert set((end - start)[away].tolist()) == {0}


def test_who_waits_in_vain_is_turned_away_when_the_wait_is_over() -> None:
    start, end, outcome = calls(world(PoolConfig(1, wait_ns=30 * MS), rate=200))
    away = outcome == Outcome.NO_CONNECTION
    assert away.any()
    assert set((end - start)[away].tolist()) == {30 * MS}
    assert np.count_nonzero(outcome == Outcome.OK) / 10 == pytest.approx(50, rel=0.05)


def test_a_wait_of_zero_is_for_ever() -> None:
    _, _, outcome = calls(world(PoolConfig(1, pending=10_000, wait_ns=0), rate=60))
    assert Outcome.NO_CONNECTION not in outcome.tolist()


def test_the_wait_is_no_part_of_the_try() -> None:
    start, end, outcome = calls(world(PoolConfig(1), rate=45))
    assert set((end - start)[outcome == Outcome.OK].tolist()) == {20 * MS}


def test_a_try_that_is_given_up_gives_its_connection_back() -> None:
    _, _, outcome = calls(world(PoolConfig(1), rate=90, timeout_ns=10 * MS))
    assert np.count_nonzero(outcome == Outcome.TIMEOUT) > 800


def test_a_breaker_that_opens_turns_the_whole_line_away() -> None:
    breaker = BreakerConfig(window_calls=10, minimum_calls=10, open_ns=2 * S)
    made = world(PoolConfig(1, wait_ns=0), rate=400, timeout_ns=10 * MS, breaker=breaker)
    _, _, outcome = calls(made)
    assert np.count_nonzero(outcome == Outcome.BREAKER_OPEN) > 2000


def test_a_crash_of_the_caller_empties_the_line_and_the_next_life_has_its_own_pool() -> None:
    made = world(PoolConfig(2, wait_ns=0), rate=200, crash=True)
    start, end, outcome = calls(made)
    assert Outcome.CALLER_GONE in outcome.tolist()
    assert most_at_once(start, end, outcome) == 2
    assert np.count_nonzero((start > 5 * S) & (outcome == Outcome.OK)) > 400


def test_the_page_of_the_caller_shows_its_pools() -> None:
    made = world(PoolConfig(2, wait_ns=0), rate=300)
    made.sources[0].start()
    made.kernel.advance(5 * S)
    shown = {
        dict(sample.labels)["__name__"]: sample.value
        for sample in InstancePage(made.instances[0]).show()
        if dict(sample.labels).get("service") == "back"
    }
    assert shown["http_client_connections_active"] == 2
    assert shown["http_client_connections_pending"] > 500


def test_an_edge_without_a_pool_has_no_bound() -> None:
    start, end, outcome = calls(world(None, rate=400))
    assert most_at_once(start, end, outcome) > 8
