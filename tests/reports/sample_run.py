"""A synthetic run with the shape of a real one: a shop in three zones loses one at peak.

Ten services of three instances, ten minutes of outage story in 28 minutes of virtual time,
about 50,000 requests and 150,000 attempts, all from fixed bits: the same record every time.
"""

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from models.base.outcome import TRY_BITS, Decision, Outcome, RequestOutcome
from models.base.time import NS_PER_MS, NS_PER_S
from models.records.digest import run_digest
from models.records.events import event_detail
from models.records.manifest import (
    CallNode,
    EdgeInfo,
    InstanceInfo,
    LoadPiece,
    Manifest,
    Phase,
    SeriesInfo,
    ServiceInfo,
)
from models.records.record import (
    Alternative,
    Counts,
    ExpectationResult,
    Provenance,
    RunRecord,
    Verdict,
)
from models.records.schema import (
    ALERTS,
    ATTEMPTS,
    COSTS,
    EVENTS,
    JOBS,
    LOGS,
    NO_INDEX,
    NO_PARENT,
    REQUESTS,
    SAMPLES,
)
from models.records.table import Table, table_from_rows

S = NS_PER_S
WARM_UP_S, MEASURE_S, HEAL_S, SETTLE_S = 120, 1200, 60, 300
END_S = WARM_UP_S + MEASURE_S + HEAL_S + SETTLE_S
FAULT_S, FAULT_END_S = WARM_UP_S + 300, WARM_UP_S + 600
ZONES = ("a", "b", "c")
SERVICES = {
    "frontend": (16, 6.0),
    "catalog": (16, 3.0),
    "currency": (16, 1.5),
    "cart": (8, 4.0),
    "recommendation": (8, 5.0),
    "ads": (8, 2.0),
    "checkout": (8, 9.0),
    "payment": (8, 12.0),
    "shipping": (8, 3.0),
    "email": (4, 7.0),
}
# (parent position, caller, service, endpoint); position 0 and 5 are entries of the call trees
TREE = (
    (-1, "shoppers", "frontend", "GET /product"),
    (0, "frontend", "catalog", "GET /item"),
    (0, "frontend", "currency", "GET /rate"),
    (0, "frontend", "ads", "GET /ad"),
    (0, "frontend", "recommendation", "GET /list"),
    (-1, "shoppers", "frontend", "POST /cart/checkout"),
    (5, "frontend", "checkout", "POST /order"),
    (6, "checkout", "cart", "GET /cart"),
    (6, "checkout", "payment", "POST /charge"),
    (6, "checkout", "shipping", "POST /quote"),
    (6, "checkout", "email", "POST /confirmation"),
)
STATUS = {
    Outcome.OK: RequestOutcome.COMPLETED,
    Outcome.TIMEOUT: RequestOutcome.TIMED_OUT,
    Outcome.RESET: RequestOutcome.FAILED,
    Outcome.NO_ENDPOINT: RequestOutcome.REJECTED,
    Outcome.IN_FLIGHT: RequestOutcome.IN_FLIGHT,
}


class Bits:
    """Uniform numbers from the raw bits of a fixed generator."""

    def __init__(self, seed):
        self._generator = np.random.PCG64(seed)

    def uniforms(self, count):
        return (self._generator.random_raw(count) >> 11) * 2.0**-53

    def lognormals(self, count, median, sigma):
        radius = np.sqrt(-2 * np.log(1 - self.uniforms(count)))
        normal = radius * np.cos(2 * math.pi * self.uniforms(count))
        return median * np.exp(sigma * normal)


def instances():
    found = [
        InstanceInfo(f"{service}-{i}", service, zone, "m-2x8", slots)
        for service, (slots, _) in SERVICES.items()
        for i, zone in enumerate(ZONES)
    ]
    return (*found, InstanceInfo("shoppers", "shoppers", "", "", 0, is_client=True))


def manifest(section="failover"):
    edges = sorted({(caller, service) for _, caller, service, _ in TREE})
    series = tuple(
        SeriesInfo(f"world_{what}", (("service", service),))
        for what in ("queue_length", "busy_slots", "instances_up")
        for service in SERVICES
    )
    bounds = np.cumsum([0, WARM_UP_S, MEASURE_S, HEAL_S, SETTLE_S]) * S
    names = ("warm_up", "measure", "heal", "settle")
    return Manifest(
        schema_version=1,
        scenario="zone-outage-at-peak",
        question="Does checkout survive the loss of a zone, and is someone paged in two minutes?",
        section=section,
        seed=7,
        shuffle_ties=False,
        spec_digest="5f0c9a11d2be43a7886d10c0f2e4b9aa",
        wall_start_ns=1_772_474_400 * S,
        phases=tuple(
            Phase(n, int(a), int(b)) for n, a, b in zip(names, bounds, bounds[1:], strict=False)
        ),
        zones=ZONES,
        services=tuple(ServiceInfo(n, slots, 200, 3) for n, (slots, _) in SERVICES.items()),
        instances=instances(),
        edges=tuple(
            EdgeInfo(a, b, "least_request", 250 * NS_PER_MS, 2 if a != "shoppers" else 1)
            for a, b in edges
        ),
        sources=("shoppers",),
        load=(LoadPiece("shoppers", 0, 24.0), LoadPiece("shoppers", WARM_UP_S * S, 31.0)),
        call_nodes=tuple(
            CallNode("shoppers", parent, caller, service, endpoint, 1024, 8192)
            for parent, caller, service, endpoint in TREE
        ),
        series=series,
    )


@dataclass
class Draft:
    """One request on its way through the call tree."""

    attempts: list
    fault: bool
    uniforms: np.ndarray
    work_ns: np.ndarray
    cursor: int = 0

    def uniform(self):
        self.cursor += 1
        return float(self.uniforms[self.cursor % len(self.uniforms)])


class Traffic:
    """Walks requests through the tree; an attempt to the lost zone before fail-over is reset."""

    def __init__(self, fault, end_s):
        self.fault, self.end_s = fault, end_s
        self.index = {info.name: i for i, info in enumerate(instances())}
        self.requests, self.attempts = [], []
        self.children = {
            n: [c for c, (parent, *_) in enumerate(TREE) if parent == n] for n in range(len(TREE))
        }

    def run(self, arrivals, roots, bits):
        uniforms = bits.uniforms(len(arrivals) * 24).reshape(len(arrivals), 24)
        medians = np.array([SERVICES[service][1] for _, _, service, _ in TREE])
        noise = bits.lognormals(len(arrivals) * len(TREE), 1.0, 0.45).reshape(-1, len(TREE))
        for i, (arrival, root) in enumerate(zip(arrivals.tolist(), roots.tolist(), strict=True)):
            draft = Draft(self.attempts, self.fault, uniforms[i], noise[i] * medians * NS_PER_MS)
            self._request(i, root, arrival, draft)

    def _request(self, number, root, arrival, draft):
        outcome, duration, tries = self._call(number, root, NO_PARENT, "shoppers", arrival, draft)
        if arrival + duration > self.end_s * S:
            outcome, duration = Outcome.IN_FLIGHT, self.end_s * S - arrival
        self.requests.append(
            (number, 0, root, arrival, duration, STATUS[outcome], int(outcome), tries)
        )

    def _call(self, number, node, parent, caller, start, draft):
        _, _, _service, _ = TREE[node]
        begun, tries_allowed = start, 2 if parent == NO_PARENT else 3
        for number_of_try in range(tries_allowed):
            last = number_of_try + 1 == tries_allowed
            row = len(self.attempts)
            self.attempts.append(None)
            outcome, duration, wait_us, target = self._attempt(number, node, row, start, draft)
            decision = Decision.NONE if outcome == Outcome.OK else Decision.RETRIED
            if last and outcome != Outcome.OK:
                decision = Decision.EXHAUSTED
            caller_index = self.index.get(caller, NO_INDEX)
            self.attempts[row] = (
                row,
                number,
                parent,
                node,
                caller_index,
                target,
                int(outcome),
                number_of_try + 1 | (int(decision) << TRY_BITS),
                start,
                duration,
                wait_us,
            )
            start += duration
            if outcome == Outcome.OK or last:
                return outcome, start - begun, number_of_try + 1
            start += int(25 * NS_PER_MS * draft.uniform())
        raise AssertionError

    def _attempt(self, number, node, row, start, draft):
        service = TREE[node][2]
        second = start / S
        lost = self.fault and FAULT_S <= second < FAULT_END_S + 4
        pick = int(draft.uniform() * 3)
        stale = lost and second < FAULT_S + 5.5
        if lost and not stale and pick == 1:
            pick = 0 if draft.uniform() < 0.5 else 2
        target = self.index[f"{service}-{pick}"]
        if stale and pick == 1:
            timed_out = draft.uniform() < 0.6
            outcome = Outcome.TIMEOUT if timed_out else Outcome.RESET
            return outcome, (250 if timed_out else 1) * NS_PER_MS, 0, target
        if draft.uniform() < 0.0002:
            return Outcome.TIMEOUT, 250 * NS_PER_MS, 0, target
        wait = int((3_000 if lost else 300) * draft.uniform() ** 4)
        duration = int(draft.work_ns[node] * (1.5 if lost else 1.0)) + wait * 1000
        cursor = start + duration
        for child in self.children[node]:
            outcome, took, _ = self._call(number, child, row, f"{service}-{pick}", cursor, draft)
            cursor += took
            if outcome != Outcome.OK:
                return Outcome.RESET, cursor - start, wait, target
        return Outcome.OK, cursor - start, wait, target


def arrivals_of(bits, end_s, rate_scale):
    seconds = np.arange(end_s)
    rate = 30 * rate_scale * (1 + 0.18 * np.sin(seconds / 210.0))
    counts = np.floor(rate + bits.uniforms(end_s)).astype(int)
    times = np.repeat(seconds, counts) + bits.uniforms(int(counts.sum()))
    return np.sort((times * S).astype(np.int64))


def samples_table(info, bits, fault):
    rows_series, rows_time, rows_value = [], [], []
    seconds = np.arange(0, END_S)
    for index, series in enumerate(info.series):
        service = dict(series.labels)["service"]
        slots, work = SERVICES[service]
        lost = fault & (seconds >= FAULT_S) & (seconds < FAULT_END_S)
        wave = 1 + 0.18 * np.sin(seconds / 210.0)
        if series.name == "world_instances_up":
            values = np.where(lost, 2.0, 3.0)
        elif series.name == "world_busy_slots":
            noise = bits.uniforms(END_S)
            values = np.floor(slots * 3 * 0.06 * work / 4 * wave * np.where(lost, 1.4, 1) + noise)
        else:
            burst = np.where(lost & (seconds < FAULT_S + 40), 9.0, 0.4)
            values = np.floor(burst * work / 3 * bits.uniforms(END_S) ** 3)
        rows_series.append(np.full(END_S, index, dtype="<u4"))
        rows_time.append(seconds.astype("<i8") * S)
        rows_value.append(values.astype("<f8"))
    columns = {
        "series": np.concatenate(rows_series),
        "time_ns": np.concatenate(rows_time),
        "value": np.concatenate(rows_value),
    }
    order = np.lexsort((columns["series"], columns["time_ns"]))
    return Table(SAMPLES, {name: array[order] for name, array in columns.items()}, {})


def event_rows(info, bits):
    targets = [i.name for i in info.instances if i.zone == "b"]
    fault = event_detail({"index": 0, "kind": "zone_outage", "targets": targets})
    rows = [(FAULT_S * S, "fault_started", "zone b lost", fault)]
    service_of = {i.name: i.service for i in info.instances}
    for target in targets:
        rows.append(
            (FAULT_S * S, "instance_crashed", target, event_detail({"cause": "zone b lost"}))
        )
        expired = FAULT_S + 2.0 + 1.5 * float(bits.uniforms(1)[0])
        expired_ns = int(expired * S)
        rows.append((expired_ns, "lease_expired", target, event_detail({"incarnation": 1})))
        callers = {e.caller for e in info.edges if e.callee == service_of[target]}
        for caller in info.instances:
            if caller.service in callers and caller.zone != "b":
                after = expired_ns + int((0.1 + 1.9 * float(bits.uniforms(1)[0])) * S)
                detail = event_detail({"caller": caller.name})
                rows.append((after, "view_dropped", target, detail))
                back = int((FAULT_END_S + 2 + 2 * float(bits.uniforms(1)[0])) * S)
                rows.append((back, "view_added", target, detail))
        back_ns = FAULT_END_S * S
        rows.append((back_ns, "instance_restarted", target, event_detail({"incarnation": 2})))
        rows.append((back_ns + S, "instance_registered", target, event_detail({"incarnation": 2})))
    for name in ("frontend-0 -> cart-1", "checkout-2 -> payment-1", "frontend-2 -> catalog-1"):
        opened = (FAULT_S + 1) * S + int(bits.uniforms(1)[0] * S)
        rows.append((opened, "breaker_opened", name, event_detail({"failure_ratio": 0.62})))
        rows.append((opened + 5 * S, "breaker_half_opened", name, "{}"))
        rows.append((opened + 6 * S, "breaker_closed", name, "{}"))
    rows.append((FAULT_END_S * S, "fault_ended", "zone b lost", fault))
    page = {"alerts": ["FrontendErrors"], "group": "service=frontend"}
    for second, status in ((FAULT_S + 45, "firing"), (FAULT_S + 345, "resolved")):
        detail = event_detail({**page, "status": status})
        rows.append((second * S, "page_sent", "on-call", detail))
    return sorted(rows)


def alert_rows():
    labels = '{"alertname":"FrontendErrors","service":"frontend","severity":"page"}'
    down = '{"alertname":"ZoneDown","severity":"ticket","zone":"b"}'
    return sorted(
        [
            ((FAULT_S + 5) * S, "FrontendErrors", "pending", labels, 0.17),
            ((FAULT_S + 15) * S, "FrontendErrors", "firing", labels, 0.11),
            ((FAULT_S + 75) * S, "FrontendErrors", "resolved", labels, 0.001),
            ((FAULT_S + 15) * S, "ZoneDown", "pending", down, 10.0),
            ((FAULT_S + 75) * S, "ZoneDown", "firing", down, 10.0),
            ((FAULT_END_S + 15) * S, "ZoneDown", "resolved", down, 0.0),
        ]
    )


def expectations():
    first = (FAULT_S + 0.35) * S
    return (
        ExpectationResult(
            "p99 latency of frontend", True, "< 300 ms", "268 ms", 0.106, None, "measure"
        ),
        ExpectationResult(
            "error ratio of shoppers", False, "< 0.1 %", "0.42 %", -3.2, int(first), "measure"
        ),
        ExpectationResult(
            "view without the lost instances after zone b lost",
            True,
            "within 8 s",
            "5.31 s",
            0.336,
            None,
            "measure",
        ),
        ExpectationResult(
            "on-call paged after zone b lost", True, "within 2 min", "45 s", 0.625, None, "measure"
        ),
        ExpectationResult(
            "sum(rate(requests_failed_total[1m])) == 0",
            True,
            "always",
            "always",
            None,
            None,
            "settle",
        ),
    )


def cost_rows():
    rows = []
    for service, (_, work) in SERVICES.items():
        hours = 3 * MEASURE_S / 3600
        rows.append((service, "machine time", hours, "h", hours * 0.096))
        rows.append((service, "cross-zone traffic", work / 9, "GB", work / 9 * 0.01))
    return rows


def counts_of(requests):
    outcome = requests["outcome"]
    by_kind = [int((outcome == kind).sum()) for kind in RequestOutcome]
    return Counts(len(requests), *by_kind)


SCENARIO_TEXT = """# Does checkout survive the loss of a zone at peak?
version: 1
scenario: zone-outage-at-peak
seed: 7
time: {warm_up: 2m, measure: 20m, heal: 1m, settle: 5m}
faults:
  - {at: 5m, for: 5m, zone_outage: {zone: b}}  # </script><script>alert(1)</script>
"""


def build_run(*, fault=True, load_scale=1.0, section="failover"):
    """The synthetic record; without ``fault`` nothing breaks and nobody is paged."""
    bits = Bits(20260302)
    info = manifest(section)
    traffic = Traffic(fault, END_S)
    arrivals = arrivals_of(bits, END_S, load_scale)
    roots = np.where(bits.uniforms(len(arrivals)) < 0.8, 0, 5)
    traffic.run(arrivals, roots, bits)
    requests = table_from_rows(REQUESTS, traffic.requests)
    attempts = table_from_rows(ATTEMPTS, traffic.attempts)
    events = event_rows(info, bits) if fault else []
    results = expectations() if fault else expectations()[:1]
    record = RunRecord(
        manifest=info,
        requests=requests,
        attempts=attempts,
        samples=samples_table(info, bits, fault),
        events=table_from_rows(EVENTS, events),
        alerts=table_from_rows(ALERTS, alert_rows() if fault else []),
        logs=table_from_rows(LOGS, []),
        jobs=table_from_rows(JOBS, []),
        costs=table_from_rows(COSTS, cost_rows()),
        counts=counts_of(requests),
        expectations=results,
        verdict=Verdict.FAILED if fault else Verdict.PASSED,
        stop_reason="",
        digest="",
        replay="foreshock replay runs/zone-outage-at-peak-7",
        provenance=Provenance(
            versions=(("foreshock", "0.1.0"), ("python", "3.11.7"), ("numpy", "2.4.6")),
            events=2_104_331,
            wall_seconds=6.4,
            created="2026-03-02T18:00:00Z",
        ),
        scenario_text=SCENARIO_TEXT,
        overrides=("traffic.shoppers.arrivals.rate=31/s",),
    )
    return replace(record, digest=run_digest(record.manifest, record.tables()))


@cache
def outage_run():
    """The synthetic record, built once."""
    return build_run()


def empty_run(*, verdict=Verdict.PASSED):
    """A run in which nothing was asked, nothing arrived and nothing broke."""
    record = build_run(fault=False, load_scale=0.0)
    return replace(
        record,
        samples=table_from_rows(SAMPLES, []),
        costs=table_from_rows(COSTS, []),
        expectations=(),
        verdict=verdict,
        overrides=(),
    )


STEP_RATES = (20.0, 40.0, 60.0, 80.0, 100.0)
STEP_S = MEASURE_S // len(STEP_RATES)


def capacity_run():
    """Load in five steps of four minutes; above 70/s the queue grows and requests are rejected."""
    bits = Bits(11)
    base = build_run(fault=False, load_scale=0.0, section="capacity")
    starts = [WARM_UP_S + i * STEP_S for i in range(len(STEP_RATES))]
    pieces = tuple(LoadPiece("shoppers", s * S, r) for s, r in zip(starts, STEP_RATES, strict=True))
    rows = []
    for start, rate in zip(starts, STEP_RATES, strict=True):
        count = int(rate * STEP_S)
        arrivals = np.sort((start + bits.uniforms(count) * STEP_S) * S).astype(np.int64)
        slow = bits.lognormals(count, 20.0 * (1 + (rate / 72) ** 6), 0.4) * NS_PER_MS
        lost = bits.uniforms(count) < max(0.0, 1 - 72 / rate)
        for arrival, took, is_lost in zip(
            arrivals.tolist(), slow.tolist(), lost.tolist(), strict=True
        ):
            outcome = RequestOutcome.REJECTED if is_lost else RequestOutcome.COMPLETED
            last = Outcome.QUEUE_FULL if is_lost else Outcome.OK
            rows.append((len(rows), 0, 0, arrival, int(took), int(outcome), int(last), 1))
    requests = table_from_rows(REQUESTS, rows)
    rate_at = np.repeat(STEP_RATES, STEP_S)
    busy = {service: slots * 3 for service, (slots, _) in SERVICES.items()}
    samples = base.samples
    values = samples["value"].astype(float).copy()
    second = samples["time_ns"].astype(np.int64) // S - WARM_UP_S
    for index, info in enumerate(base.manifest.series):
        if info.name == "world_busy_slots":
            service = dict(info.labels)["service"]
            share = {"checkout": 1.0, "frontend": 0.98}.get(service, 0.3)
            mine = (samples["series"] == index) & (second >= 0) & (second < MEASURE_S)
            load = np.minimum(1.0, rate_at[second[mine]] / 74) * share
            values[mine] = np.floor(busy[service] * load)
    expectation = ExpectationResult(
        "p99 latency of shoppers", False, "< 300 ms", "412 ms", -0.37, None, "measure"
    )
    record = replace(
        base,
        manifest=replace(base.manifest, load=(LoadPiece("shoppers", 0, 10.0), *pieces)),
        requests=requests,
        samples=Table(SAMPLES, {**samples.numbers, "value": values}, {}),
        counts=counts_of(requests),
        expectations=(expectation,),
        verdict=Verdict.FAILED,
    )
    return replace(record, digest=run_digest(record.manifest, record.tables()))


def jobs_run():
    """A nightly job on two schedulers; the leader dies during the second tick."""
    base = build_run(fault=False, load_scale=0.0, section="jobs")
    events = [
        (2 * S, "lock_acquired", "leader", event_detail({"owner": "scheduler-a", "token": 1})),
        (
            FAULT_S * S,
            "fault_started",
            "scheduler-a dies",
            event_detail({"index": 0, "kind": "instance_crash", "targets": ["scheduler-a"]}),
        ),
        (
            (FAULT_S + 15) * S,
            "lock_lost",
            "leader",
            event_detail({"owner": "scheduler-a", "token": 1}),
        ),
        (
            (FAULT_S + 16) * S,
            "lock_acquired",
            "leader",
            event_detail({"owner": "scheduler-b", "token": 2}),
        ),
    ]
    jobs = []
    for tick, status in ((240, "succeeded"), (419, "lost"), (419, "succeeded"), (900, "running")):
        late = 16 if (tick, status) == (419, "succeeded") else 0
        began = tick + late + 1
        token = 1 if began < FAULT_S + 15 else 2
        ended = -1 if status == "running" else (began + 60) * S
        jobs.append(
            (
                "nightly-invoice",
                tick * S,
                began * S,
                ended,
                2 if late else 1,
                "scheduler-a" if token == 1 else "scheduler-b",
                "executor-1" if not late else "executor-2",
                token,
                status,
            )
        )
    return replace(base, events=table_from_rows(EVENTS, events), jobs=table_from_rows(JOBS, jobs))


def cost_run():
    """The outage run asked about money, with a smaller fleet beside it."""
    base = replace(outage_run(), manifest=manifest("cost"))
    halved = [(s, i, q / 2, u, usd / 2) for s, i, q, u, usd in cost_rows()]
    small = Alternative(
        name="small-machines",
        overrides=("services.frontend.instances.machine=m-1x4",),
        digest="0" * 32,
        verdict=Verdict.FAILED,
        counts=Counts(51_688, 50_100, 900, 650, 35, 3),
        p99_ms=412.0,
        costs=table_from_rows(COSTS, halved),
    )
    return replace(base, alternatives=(small,))
