"""Queues of the simulator against Erlang C: Poisson arrivals, exponential work, c slots, FIFO."""

import math

import numpy as np
import pytest
from scipy import stats

from models.base.distributions import Deterministic, Exponential
from models.base.outcome import Outcome
from sim.world import build
from tests.sim.worlds import MS, S, blueprint, edge, service

pytestmark = pytest.mark.theory

REPLICATIONS = 10
WARM_UP_S, RUN_S = 20, 120


def erlang_c(servers: int, offered: float) -> float:
    """Probability that an arrival waits in M/M/c. Source: Erlang 1917; Gross & Harris 2.3."""
    tail = offered**servers / math.factorial(servers) * servers / (servers - offered)
    return tail / (sum(offered**n / math.factorial(n) for n in range(servers)) + tail)


def replication(slots: int, load: float, seed: int) -> tuple[float, float]:
    """Mean wait in mean service times, and the share of requests that wait."""
    mean_ns = 10 * MS
    plan = blueprint(
        [service("shop", count=1, slots=slots, queue_limit=100_000, work=Exponential(mean_ns))],
        [edge("users", "shop", timeout_ns=0)],
        rate_per_s=load * slots * S / mean_ns,
        seconds=RUN_S,
        latency=Deterministic(0),
    )
    attempts = build(plan, seed).run().tables[1]
    kept = (attempts["start_ns"] >= WARM_UP_S * S) & (attempts["outcome"] == Outcome.OK)
    waits = attempts["wait_us"][kept] * 1000 / mean_ns
    return float(waits.mean()), float(np.count_nonzero(waits) / len(waits))


@pytest.mark.parametrize(("slots", "load"), [(1, 0.5), (2, 0.7), (8, 0.8)])
def test_waits_agree_with_erlang_c(slots: int, load: float) -> None:
    """The 99.9 % t-interval over replications contains the closed form."""
    offered = load * slots
    waits = erlang_c(slots, offered)
    expected = np.array([waits / (slots - offered), waits])
    measured = np.array([replication(slots, load, seed) for seed in range(REPLICATIONS)])
    spread = measured.std(axis=0, ddof=1) / math.sqrt(REPLICATIONS)
    half_width = stats.t.ppf(0.9995, REPLICATIONS - 1) * spread
    assert np.all(np.abs(measured.mean(axis=0) - expected) <= half_width)
    assert np.all(half_width <= 0.15 * expected)
