"""Bills: vectors of semantics 15.2, the identity of rows and total, and refusals."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.outcome import Outcome, RequestOutcome
from models.base.time import NS_PER_HOUR
from models.planning.cost import (
    CROSS_ZONE_TRAFFIC,
    bill,
    completed_in,
    summarise,
    summarise_run,
)
from models.planning.prices import PriceList
from models.records.manifest import CallNode, InstanceInfo, Manifest, Phase
from models.records.record import Counts, Provenance, RunRecord, Verdict
from models.records.schema import (
    ALERTS,
    ATTEMPTS,
    COSTS,
    EVENTS,
    JOBS,
    LOGS,
    NO_PARENT,
    REQUESTS,
    SAMPLES,
)
from models.records.table import Table, table_from_rows

PRICES = PriceList((("m5.large", 0.096), ("c6i.large", 0.085)), cross_zone_usd_per_gb=0.01)
GB = 1_000_000_000


def manifest(
    *,
    hours: int = 1,
    machines: tuple[str, ...] = ("m5.large",),
    request_bytes: int = GB,
    response_bytes: int = GB,
    callee: str = "db",
) -> Manifest:
    """A web service on ``machines`` in zone a, its callee on one c6i.large in zone b."""
    web = [InstanceInfo(f"web-{n}", "web", "a", m, 1) for n, m in enumerate(machines)]
    return Manifest(
        schema_version=1,
        scenario="bill",
        question="",
        section="cost",
        seed=1,
        shuffle_ties=False,
        spec_digest="",
        wall_start_ns=0,
        phases=(Phase("measure", 0, hours * NS_PER_HOUR),),
        zones=("a", "b"),
        services=(),
        instances=(*web, InstanceInfo(f"{callee}-9", callee, "b", "c6i.large", 1)),
        edges=(),
        sources=(),
        load=(),
        call_nodes=(CallNode("", -1, "web", callee, "READ", request_bytes, response_bytes),),
        series=(),
    )


def calls(count: int, *, target: int = 1) -> Table:
    """As many answered attempts from the first instance to the one at ``target``."""
    rows = [(n, 0, NO_PARENT, 0, 0, target, Outcome.OK, 1, n, 5, 0) for n in range(count)]
    return table_from_rows(ATTEMPTS, rows)


def requests(*rows: tuple[int, RequestOutcome]) -> Table:
    """Rows of (arrival_ns, outcome)."""
    return table_from_rows(
        REQUESTS,
        [(n, 0, 0, arrival, 5, outcome, 0, 1) for n, (arrival, outcome) in enumerate(rows)],
    )


def costs(*usd: float) -> Table:
    return table_from_rows(COSTS, [("web", "machine time (m)", 1.0, "h", value) for value in usd])


def run(world: Manifest, attempts: Table, arrivals: Table | None = None) -> RunRecord:
    """A finished run that has not been priced yet."""
    return RunRecord(
        manifest=world,
        requests=requests() if arrivals is None else arrivals,
        attempts=attempts,
        samples=table_from_rows(SAMPLES, ()),
        events=table_from_rows(EVENTS, ()),
        alerts=table_from_rows(ALERTS, ()),
        logs=table_from_rows(LOGS, ()),
        jobs=table_from_rows(JOBS, ()),
        costs=costs(),
        counts=Counts(2, 2, 0, 0, 0, 0),
        expectations=(),
        verdict=Verdict.PASSED,
        stop_reason="",
        digest="",
        replay="",
        provenance=Provenance((), 0, 0.0, ""),
        scenario_text="",
    )


def test_three_instances_for_a_month_cost_what_the_reference_says() -> None:
    # semantics 15.2: 3 instances at 0.096/h for 730 h = 210.24
    table = bill(run(manifest(hours=730, machines=("m5.large",) * 3), calls(0)), PRICES)
    service, item, hours, unit, usd = next(table.rows())
    assert (service, item, hours, unit) == ("web", "machine time (m5.large)", 2190.0, "h")
    assert usd == pytest.approx(210.24, rel=1e-12)


def test_two_machine_types_are_billed_at_their_own_prices() -> None:
    table = bill(run(manifest(hours=10, machines=("m5.large", "c6i.large")), calls(0)), PRICES)
    assert list(table.rows())[:2] == [
        ("web", "machine time (m5.large)", 10.0, "h", 10 * 0.096),
        ("web", "machine time (c6i.large)", 10.0, "h", 10 * 0.085),
    ]


def test_a_byte_across_the_boundary_is_billed_once_on_each_side() -> None:
    # semantics 15.2: cross-AZ 0.01/GB each direction
    table = bill(run(manifest(), calls(1)), PRICES)
    assert [row for row in table.rows() if row[1] == CROSS_ZONE_TRAFFIC] == [
        ("web", CROSS_ZONE_TRAFFIC, 2.0, "GB", 0.02),
        ("db", CROSS_ZONE_TRAFFIC, 2.0, "GB", 0.02),
    ]


def test_a_service_that_calls_itself_across_zones_pays_both_sides() -> None:
    table = bill(run(manifest(callee="web"), calls(1)), PRICES)
    traffic = [row for row in table.rows() if row[1] == CROSS_ZONE_TRAFFIC]
    assert traffic == [("web", CROSS_ZONE_TRAFFIC, 4.0, "GB", 0.04)]


def test_a_gigabyte_is_ten_to_the_ninth_bytes() -> None:
    world = manifest(request_bytes=1, response_bytes=0)
    quantities = bill(run(world, calls(7)), PRICES)["quantity"].tolist()
    assert quantities[-1] == 7 / 10**9


def test_a_run_without_prices_has_no_bill() -> None:
    assert len(bill(run(manifest(), calls(3)), PriceList())) == 0


def test_a_machine_without_a_price_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"'web' runs on machine 'm9\.huge'.*c6i\.large, m5"):
        bill(run(manifest(machines=("m9.huge",)), calls(0)), PRICES)


def test_a_price_of_traffic_alone_does_not_make_machines_free() -> None:
    with pytest.raises(ConfigError, match=r"'m5\.large', which has no price \(priced: none\)"):
        bill(run(manifest(), calls(0)), PriceList(cross_zone_usd_per_gb=0.01))


@pytest.mark.parametrize("usd", [-0.01, math.nan, math.inf])
def test_a_price_that_is_not_a_number_from_zero_up_is_refused(usd: float) -> None:
    with pytest.raises(ConfigError, match=r"machine 'm5\.large' must be a number from 0 up"):
        bill(run(manifest(), calls(0)), PriceList((("m5.large", usd),)))
    with pytest.raises(ConfigError, match="cross-zone traffic must be a number from 0 up"):
        bill(run(manifest(), calls(0)), PriceList(PRICES.machine_usd_per_hour, usd))


def test_a_free_machine_is_billed_at_zero() -> None:
    free = PriceList((("m5.large", 0.0), ("c6i.large", 0.0)))
    assert bill(run(manifest(), calls(0)), free)["usd"].tolist() == [0.0, 0.0]


def test_a_machine_with_two_prices_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'m5\.large' has two prices"):
        bill(run(manifest(), calls(0)), PriceList((("m5.large", 0.1), ("m5.large", 0.2))))


def test_the_summary_gives_cost_per_hour_per_service_and_per_thousand_requests() -> None:
    table = bill(run(manifest(hours=2), calls(1)), PRICES)
    summary = summarise(table, window_ns=2 * NS_PER_HOUR, completed=500)
    assert summary.usd == pytest.approx(2 * 0.096 + 2 * 0.085 + 0.04, rel=1e-12)
    assert summary.usd_per_hour == pytest.approx(0.201, rel=1e-12)
    assert summary.usd_per_thousand == pytest.approx(0.804, rel=1e-12)
    web, db = summary.services
    assert (web.service, db.service) == ("web", "db")
    assert (web.machine_usd, web.traffic_usd) == (pytest.approx(0.192), 0.02)
    assert db.usd_per_hour == pytest.approx((0.17 + 0.02) / 2, rel=1e-12)


def test_without_a_completed_request_there_is_no_cost_per_thousand() -> None:
    assert summarise(costs(1.0), window_ns=1, completed=0).usd_per_thousand is None


def test_an_empty_window_has_no_cost_per_hour() -> None:
    with pytest.raises(ConfigError, match="longer than 0 ns"):
        summarise(costs(1.0), window_ns=0, completed=1)


def test_completed_requests_are_counted_by_arrival_in_a_half_open_window() -> None:
    done, failed = RequestOutcome.COMPLETED, RequestOutcome.FAILED
    table = requests((9, done), (10, done), (15, failed), (19, done), (20, done))
    assert completed_in(table, Phase("measure", 10, 20)) == 2


def test_a_finished_run_is_summarised_over_its_measured_phase() -> None:
    arrivals = requests((0, RequestOutcome.COMPLETED), (NS_PER_HOUR, RequestOutcome.COMPLETED))
    unpriced = run(manifest(), calls(0), arrivals)
    record = replace(unpriced, costs=bill(unpriced, PRICES))
    summary = summarise_run(record)
    assert (summary.window_ns, summary.completed) == (NS_PER_HOUR, 1)
    assert summary.usd == math.fsum([0.096, 0.085])


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from(["m5.large", "c6i.large"]), min_size=1, max_size=9),
    st.integers(0, 20),
    st.integers(0, 10**12),
)
def test_services_and_rows_add_up_to_the_total(
    machines: list[str], count: int, request_bytes: int
) -> None:
    world = manifest(machines=tuple(machines), request_bytes=request_bytes)
    table = bill(run(world, calls(count, target=len(machines))), PRICES)
    summary = summarise(table, window_ns=NS_PER_HOUR, completed=1)
    assert summary.usd == math.fsum(table["usd"].tolist())
    assert math.fsum(entry.usd for entry in summary.services) == pytest.approx(
        summary.usd, rel=1e-12
    )
    carried = count * (request_bytes + GB)
    by_hand = machines.count("m5.large") * 0.096 + (machines.count("c6i.large") + 1) * 0.085
    assert summary.usd == pytest.approx(by_hand + 2 * carried / GB * 0.01, rel=1e-12)
