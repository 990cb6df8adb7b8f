"""What the world's nodes show agrees with what the run recorded."""

import numpy as np
import pytest

from models.base.outcome import Outcome
from models.base.percentile import nearest_rank
from models.discovery.config import DiscoveryConfig
from models.faults.plan import ErrorRate
from models.faults.selector import Selector
from sim.processes.metrics_pages import IngressPage, RegistryPage
from sim.world import build
from tests.sim.processes.monitored import monitoring, run, shop
from tests.sim.worlds import MS, S, blueprint, edge, fault


@pytest.fixture(scope="module")
def left():
    broken = fault(ErrorRate(Selector(instance="shop-1"), 0.5), at_s=5, for_s=10)
    return run(monitoring(), faults=[broken], rate_per_s=300, seconds=20)


def windows(left, name, **labels):
    """Instants at which the target was read: half of the round trip before the sample."""
    times = [time for time, _ in left.samples(name, **labels)]
    return [round(time * S) - MS for time in times]


def test_the_ingress_counts_every_request_that_has_ended(left):
    read = windows(left, "ingress_requests_total")
    requests = left.tables[0]
    ends = requests["arrival_ns"] + requests["duration_ns"]
    shown = [value for _, value in left.samples("ingress_requests_total")]
    assert shown == [int(np.sum(ends <= instant)) for instant in read]


def test_the_ingress_percentile_is_that_of_the_requests_since_the_previous_scrape(left):
    read = windows(left, "ingress_request_duration_p99_seconds")
    requests = left.tables[0]
    ends = requests["arrival_ns"] + requests["duration_ns"]
    expected = [
        nearest_rank(requests["duration_ns"][(ends > before) & (ends <= now)], 0.99) / S
        for before, now in zip([0, *read], read, strict=False)
    ]
    assert [value for _, value in left.samples("ingress_request_duration_p99_seconds")] == expected


def test_the_ingress_error_ratio_is_failed_over_ended(left):
    requests = left.tables[0]
    failed = int(np.sum(requests["last_outcome"] != Outcome.OK))
    shown = [value for _, value in left.samples("ingress_requests_failed_total")]
    assert 0 < shown[-1] <= failed
    ratios = left.samples("ingress_request_error_ratio")
    assert max(value for time, value in ratios if time < 5) == 0
    mean = np.mean([value for time, value in ratios if 7 < time < 15])
    assert mean == pytest.approx(1 / 6, abs=0.03)


def test_the_ingress_is_labelled_by_source_and_entry_service(left):
    (labels,) = {one.labels for one in left.series if one.name == "ingress_requests_total"}
    assert labels == (("instance", "users"), ("job", "ingress"), ("service", "shop"))


def test_an_instance_counts_every_answer_errors_included(left):
    shown = [value for _, value in left.samples("http_requests_total", instance="shop-1")]
    failed = [value for _, value in left.samples("http_requests_failed_total", instance="shop-1")]
    attempts = left.tables[1]
    assert shown[-1] <= int(np.sum(attempts["target"] == 1))
    assert 0 < failed[-1] < shown[-1]
    assert shown == sorted(shown)


def test_no_ratio_ever_exceeds_one(left):
    for name in ("http_request_error_ratio", "ingress_request_error_ratio"):
        values = [value for _, value in left.samples(name) if not np.isnan(value)]
        assert values
        assert max(values) <= 1


def test_an_idle_instance_shows_no_error_ratio():
    quiet = run(monitoring(), rate_per_s=0, seconds=5)
    assert quiet.samples("http_requests_total", instance="shop-0")
    assert quiet.samples("http_request_error_ratio") == []


def test_a_source_without_monitoring_keeps_nothing():
    world = build(blueprint([shop()], [edge("users", "shop")], rate_per_s=50), 1)
    assert world.sources[0].on_end is None
    IngressPage(world.sources[0], world.power)
    assert world.sources[0].on_end is not None


def test_nobody_answers_for_a_registry_or_a_client_without_power():
    plan = blueprint([shop()], [edge("users", "shop")], discovery=DiscoveryConfig("b"))
    world = build(plan, 1)
    pages = [
        RegistryPage(world.discovery.server, ["shop"]),
        IngressPage(world.sources[0], world.power),
    ]
    pages[1].zone = "b"
    assert [page.is_listening for page in pages] == [True, True]
    world.power.cut("b")
    assert [page.is_listening for page in pages] == [False, False]
