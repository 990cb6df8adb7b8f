"""Machine time and cross-zone bytes, on small runs whose sums fit a margin note."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.outcome import Outcome
from models.base.time import NS_PER_HOUR, NS_PER_S
from models.planning.metering import (
    ANSWERED,
    NOT_SENT,
    CrossZoneTraffic,
    MachineTime,
    Usage,
    meter,
)
from models.records.manifest import CallNode, InstanceInfo, Manifest, Phase, ServiceInfo
from models.records.schema import ATTEMPTS, NO_INDEX, NO_PARENT
from models.records.table import Table, table_from_rows

REQUEST_BYTES, RESPONSE_BYTES = 100, 7_000
WARM_UP_NS, END_NS = 10 * NS_PER_S, 70 * NS_PER_S
WEB_A, WEB_B, DB_A, DB_B, CLIENT_OUTSIDE, CLIENT_A = range(6)
SHOP_TO_WEB, WEB_TO_DB = range(2)

INSTANCES = (
    InstanceInfo("web-0", "web", "a", "small", 4),
    InstanceInfo("web-1", "web", "b", "small", 4),
    InstanceInfo("db-0", "db", "a", "large", 8),
    InstanceInfo("db-1", "db", "b", "large", 8),
    InstanceInfo("shop", "shop", "", "", 0, is_client=True),
    InstanceInfo("shop-in-a", "shop", "a", "", 0, is_client=True),
)


def manifest(*, instances: tuple[InstanceInfo, ...] = INSTANCES) -> Manifest:
    return Manifest(
        schema_version=1,
        scenario="two-tier",
        question="",
        section="cost",
        seed=1,
        shuffle_ties=False,
        spec_digest="",
        wall_start_ns=0,
        phases=(Phase("warm_up", 0, WARM_UP_NS), Phase("measure", WARM_UP_NS, END_NS)),
        zones=("a", "b"),
        services=(ServiceInfo("web", 4, 10, 2), ServiceInfo("db", 8, 10, 2)),
        instances=instances,
        edges=(),
        sources=("shop",),
        load=(),
        call_nodes=(
            CallNode("shop", -1, "shop", "web", "GET /", 11, 13),
            CallNode("shop", 0, "web", "db", "READ", REQUEST_BYTES, RESPONSE_BYTES),
        ),
        series=(),
    )


def attempts(*rows: tuple[int, int, int, Outcome, int]) -> Table:
    """Rows of (call node, caller, target, outcome, start_ns)."""
    return table_from_rows(
        ATTEMPTS,
        [
            (number, 0, NO_PARENT, node, caller, target, outcome, 1, start_ns, 5, 0)
            for number, (node, caller, target, outcome, start_ns) in enumerate(rows)
        ],
    )


def crossing(outcome: Outcome, *, start_ns: int = WARM_UP_NS) -> tuple[int, int, int, Outcome, int]:
    return (WEB_TO_DB, WEB_A, DB_B, outcome, start_ns)


def test_every_instance_is_metered_for_the_whole_measured_window() -> None:
    usage = meter(manifest(), attempts())
    window_ns = END_NS - WARM_UP_NS
    assert usage == Usage(
        window_ns,
        (
            MachineTime("web", "small", 2, 2 * window_ns),
            MachineTime("db", "large", 2, 2 * window_ns),
        ),
        (),
    )


def test_a_service_on_two_machine_types_has_one_line_for_each() -> None:
    mixed = (*INSTANCES, InstanceInfo("web-2", "web", "a", "large", 4))
    machines = meter(manifest(instances=mixed), attempts()).machines
    assert [(held.service, held.machine, held.instances) for held in machines] == [
        ("web", "small", 2),
        ("db", "large", 2),
        ("web", "large", 1),
    ]


def test_another_window_may_be_metered() -> None:
    usage = meter(manifest(), attempts(), window=Phase("hour", 0, NS_PER_HOUR))
    assert [held.instance_ns for held in usage.machines] == [2 * NS_PER_HOUR] * 2


@pytest.mark.parametrize(
    ("outcome", "request_bytes", "response_bytes"),
    [
        (Outcome.OK, REQUEST_BYTES, RESPONSE_BYTES),
        (Outcome.ERROR, REQUEST_BYTES, RESPONSE_BYTES),
        (Outcome.TIMEOUT, REQUEST_BYTES, 0),
        (Outcome.QUEUE_FULL, REQUEST_BYTES, 0),
        (Outcome.RESET, REQUEST_BYTES, 0),
        (Outcome.CALLER_GONE, REQUEST_BYTES, 0),
        (Outcome.IN_FLIGHT, REQUEST_BYTES, 0),
    ],
)
def test_a_request_is_metered_once_sent_and_a_response_once_answered(
    outcome: Outcome, request_bytes: int, response_bytes: int
) -> None:
    usage = meter(manifest(), attempts(crossing(outcome)))
    assert usage.traffic == (CrossZoneTraffic("web", "db", request_bytes, response_bytes),)


@pytest.mark.parametrize("outcome", [Outcome.BREAKER_OPEN, Outcome.NO_ENDPOINT, Outcome.REFUSED])
def test_an_attempt_that_never_travelled_is_not_metered(outcome: Outcome) -> None:
    assert meter(manifest(), attempts(crossing(outcome))).traffic == ()


def test_traffic_within_a_zone_is_not_metered() -> None:
    usage = meter(
        manifest(),
        attempts(
            (WEB_TO_DB, WEB_A, DB_A, Outcome.OK, WARM_UP_NS),
            (WEB_TO_DB, WEB_B, DB_B, Outcome.OK, WARM_UP_NS),
        ),
    )
    assert usage.traffic == ()


def test_a_client_outside_every_zone_crosses_no_boundary_between_zones() -> None:
    usage = meter(
        manifest(), attempts((SHOP_TO_WEB, CLIENT_OUTSIDE, WEB_A, Outcome.OK, WARM_UP_NS))
    )
    assert usage.traffic == ()


def test_a_client_inside_a_zone_crosses_to_another() -> None:
    usage = meter(manifest(), attempts((SHOP_TO_WEB, CLIENT_A, WEB_B, Outcome.OK, WARM_UP_NS)))
    assert usage.traffic == (CrossZoneTraffic("shop", "web", 11, 13),)


def test_an_attempt_without_a_target_is_not_metered() -> None:
    usage = meter(manifest(), attempts((WEB_TO_DB, WEB_B, NO_INDEX, Outcome.TIMEOUT, WARM_UP_NS)))
    assert usage.traffic == ()


@pytest.mark.parametrize(
    ("start_ns", "counted"),
    [(WARM_UP_NS - 1, 0), (WARM_UP_NS, 1), (END_NS - 1, 1), (END_NS, 0)],
)
def test_the_window_is_half_open_and_by_the_start_of_the_attempt(
    start_ns: int, counted: int
) -> None:
    usage = meter(manifest(), attempts(crossing(Outcome.OK, start_ns=start_ns)))
    assert sum(pair.request_bytes for pair in usage.traffic) == counted * REQUEST_BYTES


ROW = st.tuples(
    st.sampled_from([(SHOP_TO_WEB, CLIENT_A), (WEB_TO_DB, WEB_A), (WEB_TO_DB, WEB_B)]),
    st.sampled_from([WEB_A, WEB_B, DB_A, DB_B, NO_INDEX]),
    st.sampled_from(Outcome),
    st.sampled_from([0, WARM_UP_NS - 1, WARM_UP_NS, WARM_UP_NS + 1, END_NS - 1, END_NS]),
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(ROW, max_size=40))
def test_the_arrays_say_what_a_loop_over_attempts_says(
    drawn: list[tuple[tuple[int, int], int, Outcome, int]],
) -> None:
    world = manifest()
    expected: dict[tuple[str, str], list[int]] = {}
    for (node, caller), target, outcome, start_ns in drawn:
        apart = target != NO_INDEX and INSTANCES[caller].zone != INSTANCES[target].zone
        if not apart or not WARM_UP_NS <= start_ns < END_NS or outcome in NOT_SENT:
            continue
        call = world.call_nodes[node]
        sums = expected.setdefault((call.caller, call.service), [0, 0])
        sums[0] += call.request_bytes
        sums[1] += call.response_bytes if outcome in ANSWERED else 0
    rows = [(node, caller, target, outcome, at) for (node, caller), target, outcome, at in drawn]
    measured = {
        (pair.caller, pair.callee): [pair.request_bytes, pair.response_bytes]
        for pair in meter(world, attempts(*rows)).traffic
    }
    assert measured == expected
