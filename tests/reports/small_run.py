"""Records small enough to compute by hand: two services, one source, what a test names."""

from models.base.time import NS_PER_MS, NS_PER_S
from models.records.events import event_detail
from models.records.manifest import (
    CallNode,
    EdgeInfo,
    InstanceInfo,
    Manifest,
    Phase,
    SeriesInfo,
    ServiceInfo,
)
from models.records.record import Counts, Provenance, RunRecord, Verdict
from models.records.schema import ALERTS, ATTEMPTS, COSTS, EVENTS, JOBS, LOGS, REQUESTS, SAMPLES
from models.records.table import table_from_rows

S, MS = NS_PER_S, NS_PER_MS
WARM_UP_END, MEASURE_END, END = 60 * S, 360 * S, 420 * S
INSTANCES = (
    InstanceInfo("web-0", "web", "a", "m", 4),
    InstanceInfo("web-1", "web", "b", "m", 4),
    InstanceInfo("cart-0", "cart", "a", "m", 2),
    InstanceInfo("cart-1", "cart", "b", "m", 2),
    InstanceInfo("shop", "shop", "", "", 0, is_client=True),
)
WEB_0, WEB_1, CART_0, CART_1, SHOP = range(5)
MANIFEST = Manifest(
    schema_version=1,
    scenario="small",
    question="Does it hold?",
    section="failover",
    seed=7,
    shuffle_ties=False,
    spec_digest="ab" * 16,
    wall_start_ns=1_772_474_400 * S,
    phases=(
        Phase("warm_up", 0, WARM_UP_END),
        Phase("measure", WARM_UP_END, MEASURE_END),
        Phase("settle", MEASURE_END, END),
    ),
    zones=("a", "b"),
    services=(ServiceInfo("web", 4, 10, 2), ServiceInfo("cart", 2, 10, 2)),
    instances=INSTANCES,
    edges=(
        EdgeInfo("shop", "web", "round_robin", 500 * MS, 1),
        EdgeInfo("web", "cart", "least_request", 250 * MS, 2),
    ),
    sources=("shop",),
    load=(),
    call_nodes=(
        CallNode("shop", -1, "shop", "web", "GET /", 100, 100),
        CallNode("shop", 0, "web", "cart", "GET /cart", 100, 100),
    ),
    series=(
        SeriesInfo("world_queue_length", (("service", "web"),)),
        SeriesInfo("world_busy_slots", (("service", "web"),)),
        SeriesInfo("world_instances_up", (("service", "web"),)),
        SeriesInfo("world_instances_up", (("service", "cart"),)),
    ),
)


def request(number, arrival_ns, outcome=0, *, duration_ns=10 * MS, last=0, tries=1):
    return (number, 0, 0, arrival_ns, duration_ns, int(outcome), int(last), tries)


def attempt(number, start_ns, **given):
    """An attempt by the source on web-0 that ended well after 10 ms, unless given otherwise."""
    values = {
        "request": 0,
        "parent": 0xFFFF_FFFF,
        "node": 0,
        "caller": SHOP,
        "target": WEB_0,
        "outcome": 0,
        "try_decision": 1,
        "start_ns": start_ns,
        "duration_ns": 10 * MS,
        "wait_us": 0,
    } | given
    return (number, *(int(value) for value in values.values()))


def event(time_ns, kind, subject, /, **detail):
    return (time_ns, str(kind), subject, event_detail(detail))


def fault(start_ns, end_ns, label="cut", targets=("cart-1",), index=0):
    """Start and end of a fault as events; ``end_ns`` None for one that never ends."""
    detail = {"index": index, "kind": "zone_outage", "targets": list(targets)}
    found = [event(start_ns, "fault_started", label, **detail)]
    if end_ns is not None:
        found.append(event(end_ns, "fault_ended", label, **detail))
    return found


def small_run(**given):
    """A record in which everything that is not given is empty; rows are put in ``order``."""
    order = given.pop("order", sorted)
    tables = {
        name: table_from_rows(schema, order(given.pop(name, ())))
        for name, schema in (
            ("requests", REQUESTS),
            ("attempts", ATTEMPTS),
            ("samples", SAMPLES),
            ("events", EVENTS),
            ("alerts", ALERTS),
            ("logs", LOGS),
            ("jobs", JOBS),
            ("costs", COSTS),
        )
    }
    values = {
        "manifest": MANIFEST,
        "counts": Counts(0, 0, 0, 0, 0, 0),
        "expectations": (),
        "verdict": Verdict.PASSED,
        "stop_reason": "",
        "digest": "cd" * 16,
        "replay": "foreshock run small.yaml --seed 7",
        "provenance": Provenance((("python", "3.11.7"),), 10, 0.5, "2026-03-02T18:00:00+00:00"),
        "scenario_text": "version: 1\n",
    } | given
    return RunRecord(**tables, **values)
