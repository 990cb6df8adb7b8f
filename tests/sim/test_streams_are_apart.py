"""Adding a component shifts nobody else's draws: arrivals, demands and latencies stay."""

from dataclasses import replace

import numpy as np

from models.alerting.config import MonitoringConfig
from models.base.distributions import Lognormal
from models.discovery.config import DiscoveryConfig
from models.records.table import Table
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from sim.blueprint import Blueprint
from sim.world import build
from tests.sim.worlds import blueprint, edge, service


def plan() -> Blueprint:
    """Two tiers with random latencies, never busy enough for one request to delay another."""
    return blueprint(
        [service("front", slots=500, calls=[["back"]]), service("back", slots=500)],
        [edge("users", "front"), edge("front", "back")],
        rate_per_s=50,
        seconds=10,
        latency=Lognormal(13.0, 0.5),
    )


def users(blueprint: Blueprint) -> Table:
    """The requests of the first source, by arrival and duration."""
    return build(blueprint, 5).run().tables[0]


def rows(requests: Table) -> tuple[np.ndarray, np.ndarray]:
    mine = (requests["source"] == 0) & (requests["outcome"] == 0)
    return np.sort(requests["arrival_ns"][mine]), np.sort(requests["duration_ns"][mine])


def test_monitoring_and_discovery_leave_every_users_latency_as_it_was() -> None:
    plain = rows(users(plan()))
    watched = replace(plan(), monitoring=MonitoringConfig("a"), discovery=DiscoveryConfig("b"))
    assert np.array_equal(plain, rows(users(watched)))


def test_another_source_on_edges_of_its_own_leaves_the_first_as_it_was() -> None:
    plain = rows(users(plan()))
    other = SourceSpec("robots", "side", (MixEntry("do", 1.0),), RateProfile((0,), (80.0,)))
    more = replace(
        plan(),
        services=(*plan().services, service("side", slots=500)),
        edges=(*plan().edges, edge("robots", "side")),
        sources=(*plan().sources, other),
    )
    assert np.array_equal(plain, rows(users(more)))
