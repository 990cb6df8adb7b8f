"""online-boutique/zone-outage: what breaks, that it holds with room to spare, that it can fail."""

import csv
import json
import math
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import scenarios
from models.alerting.config import MonitoringConfig
from models.base.time import NS_PER_S
from models.faults.plan import ZoneOutage
from models.planning.incident import FaultSpan, fault_spans
from models.records.events import EventKind
from models.records.record import RunRecord, Verdict
from reports.page import render
from scenarios.load import LoadedScenario, load
from scenarios.runs.execute import RunOptions, execute

HOME = Path(scenarios.__file__).parent
FILE = HOME / "library" / "online-boutique" / "zone-outage.yaml"
INVENTED = FILE.parent / "afternoon.csv"
REAL = HOME.parents[1] / "shared" / "data" / "nab" / "elb_request_count_8c0756.csv"
BEGIN = datetime(2014, 4, 22, 12, tzinfo=UTC)
SPEED, SCALE, ROW_S = 60, 90, 300
MARGIN_MIN = 0.1
"""Room that every expectation must have, so that the scenario does not hold by luck."""
FAILED_OVER_NS = 8 * NS_PER_S
"""What the scenario promises for the fail-over."""


@pytest.fixture(scope="module")
def loaded() -> LoadedScenario:
    return load(FILE)


@pytest.fixture(scope="module")
def record(loaded: LoadedScenario) -> RunRecord:
    return execute(loaded)


@pytest.fixture(scope="module")
def real() -> RunRecord:
    return execute(load(FILE, [f"traffic.shoppers.arrivals.profile={REAL}"]))


def violated(record: RunRecord) -> list[str]:
    return [result.expectation for result in record.expectations if not result.holds]


def monitoring(loaded: LoadedScenario) -> MonitoringConfig:
    config = loaded.blueprint.monitoring
    assert config is not None
    return config


def outage(record: RunRecord) -> FaultSpan:
    (found,) = fault_spans(record.events)
    return found


def expected_requests(path: Path, run_s: float) -> float:
    """Arrivals that a file promises for a run: rows held until the next, played SPEED x faster."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [
            (
                (
                    datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC) - BEGIN
                ).total_seconds()
                / SPEED,
                float(row["value"]) / ROW_S * SCALE,
            )
            for row in csv.DictReader(stream)
        ]
    ends = [start for start, _ in rows[1:]] + [math.inf]
    return sum(
        rate * max(0.0, min(end, run_s) - max(start, 0.0))
        for (start, rate), end in zip(rows, ends, strict=True)
    )


def run_seconds(loaded: LoadedScenario) -> float:
    return loaded.blueprint.phases.end_ns / NS_PER_S


def test_every_expectation_holds(record: RunRecord) -> None:
    assert violated(record) == []
    assert record.verdict is Verdict.PASSED


def test_every_expectation_holds_with_room_to_spare(record: RunRecord) -> None:
    margins = [result.margin for result in record.expectations if result.margin is not None]
    assert len(margins) >= 8
    assert min(margins) > MARGIN_MIN


@pytest.mark.parametrize("seed", [1, 2])
def test_it_holds_for_other_seeds_too(loaded: LoadedScenario, seed: int) -> None:
    assert violated(execute(loaded, RunOptions(seed=seed))) == []


def test_it_holds_in_any_order_of_simultaneous_events(loaded: LoadedScenario) -> None:
    assert violated(execute(loaded, RunOptions(shuffle_ties=True))) == []


def test_counts_add_up(record: RunRecord) -> None:
    counts = asdict(record.counts)
    assert counts.pop("offered") == sum(counts.values()) == len(record.requests)


def test_it_is_neither_too_small_to_trust_nor_too_long_to_show(record: RunRecord) -> None:
    assert 100_000 < len(record.attempts) < 250_000


def test_its_report_fits_in_a_megabyte(record: RunRecord) -> None:
    assert len(render(record).encode()) < 1_000_000


def test_it_is_a_question_of_failover(record: RunRecord) -> None:
    assert (record.manifest.scenario, record.manifest.section) == ("zone-outage", "failover")


def test_the_lost_zone_holds_a_third_of_everything_but_the_cart_store(record: RunRecord) -> None:
    everything = [found for found in record.manifest.instances if not found.is_client]
    lost = tuple(found.name for found in everything if found.zone == "b")
    assert outage(record).targets == lost
    others = [found.name for found in everything if found.service != "redis-cart"]
    assert 3 * len(lost) == len(others)
    assert set(lost) < set(others)


def test_the_control_plane_is_not_in_the_lost_zone(loaded: LoadedScenario) -> None:
    (fault,) = loaded.blueprint.faults
    assert isinstance(fault.kind, ZoneOutage)
    assert loaded.blueprint.discovery is not None
    assert fault.kind.zone not in {loaded.blueprint.discovery.zone, monitoring(loaded).zone}


def test_the_zone_is_lost_at_the_peak_of_the_load(loaded: LoadedScenario) -> None:
    (fault,) = loaded.blueprint.faults
    assert fault.for_ns is not None
    begins = loaded.blueprint.phases.warm_up_ns + fault.at_ns
    (shoppers,) = loaded.blueprint.sources
    rates = shoppers.profile.rates_per_s
    peak = shoppers.profile.starts_ns[rates.index(max(rates))]
    assert begins <= peak < begins + fault.for_ns


def test_arrivals_follow_the_profile_that_ships_with_it(
    loaded: LoadedScenario, record: RunRecord
) -> None:
    expected = expected_requests(INVENTED, run_seconds(loaded))
    assert abs(record.counts.offered - expected) < 4 * math.sqrt(expected)


def test_the_instances_that_died_are_the_ones_reported_down(record: RunRecord) -> None:
    alerts = record.alerts
    rows = zip(alerts.text("alert"), alerts.text("state"), alerts.text("labels"), strict=True)
    down = [
        json.loads(labels)["instance"]
        for alert, state, labels in rows
        if alert == "InstanceDown" and state == "firing"
    ]
    assert sorted(down) == sorted(outage(record).targets)


def test_one_page_speaks_of_all_instances_and_a_second_one_ends_it(record: RunRecord) -> None:
    events = record.events
    pages = [
        json.loads(detail)["status"]
        for kind, detail in zip(events.text("kind"), events.text("detail"), strict=True)
        if kind == EventKind.PAGE_SENT
    ]
    assert pages == ["firing", "resolved"]


def test_once_failed_over_nobody_tries_the_lost_zone(record: RunRecord) -> None:
    attempts, fault = record.attempts, outage(record)
    assert fault.end_ns is not None
    instances = enumerate(record.manifest.instances)
    lost = [index for index, found in instances if found.name in fault.targets]
    start = attempts["start_ns"]
    during = (start >= fault.start_ns + FAILED_OVER_NS) & (start < fault.end_ns)
    assert np.count_nonzero(during) > 10_000
    assert not np.isin(attempts["target"][during], lost).any()


@pytest.mark.parametrize(
    ("override", "promise"),
    [
        ("discovery.lease=20s", "fail over from faults[0] within 8s"),
        ("faults[0].zone_outage.zone=a", "completed ratio of frontend.POST /cart/checkout > 96%"),
        ("alerting.zone=b", "on-call is paged for faults[0] within 1m"),
        ("services.frontend.slots=2", "p99 of shoppers < 500ms"),
    ],
)
def test_a_worse_platform_does_not_pass(override: str, promise: str) -> None:
    broken = violated(execute(load(FILE, [override])))
    assert any(expectation.startswith(promise) for expectation in broken)


@pytest.mark.realdata
@pytest.mark.skipif(not REAL.is_file(), reason="the measured trace is not beside the repository")
class TestMeasuredTrace:
    """An afternoon of a real load balancer in the invented profile's place: one value changes."""

    def test_every_expectation_has_a_verdict(self, record: RunRecord, real: RunRecord) -> None:
        assert real.verdict in {Verdict.PASSED, Verdict.FAILED}
        asked = [result.expectation for result in real.expectations]
        assert asked == [result.expectation for result in record.expectations]

    def test_counts_add_up(self, real: RunRecord) -> None:
        counts = asdict(real.counts)
        assert counts.pop("offered") == sum(counts.values()) == len(real.requests)

    def test_arrivals_follow_the_trace(self, loaded: LoadedScenario, real: RunRecord) -> None:
        expected = expected_requests(REAL, run_seconds(loaded))
        assert abs(real.counts.offered - expected) < 4 * math.sqrt(expected)
