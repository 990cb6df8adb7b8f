import pytest

from models.base.distributions import Deterministic
from models.base.time import NS_PER_MS, NS_PER_S
from models.faults.ailments import (
    Abort,
    BadConfig,
    BadVersion,
    DependencyOutage,
    Hang,
    Pause,
    Slow,
)
from models.faults.clocks import ClockDrift, ClockSkew
from models.faults.content import Content
from models.faults.exhaustion import Exhaustion, Resource
from models.faults.network import RegistryDown
from models.faults.plan import (
    AddedLatency,
    ErrorRate,
    Fault,
    HostLoss,
    InstanceCrash,
    RegionOutage,
    ZoneOutage,
)
from models.faults.selector import Region, Selector
from models.faults.surge import LoadSurge
from tests.scenarios.edited import ARRIVALS, TWO_TIER, load_edited, messages

CATALOG = Selector(service="catalog")
CRASH = "instance_crash: {service: catalog, count: 1}"


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        (CRASH, InstanceCrash(Selector(service="catalog", count=1))),
        ("instance_crash: {instance: catalog-2}", InstanceCrash(Selector(instance="catalog-2"))),
        (
            "instance_crash: {service: catalog, state: kept}",
            InstanceCrash(CATALOG, Content.KEPT),
        ),
        (
            "instance_crash: {service: catalog, state: lost}",
            InstanceCrash(CATALOG, Content.LOST),
        ),
        ("registry_down: {}", RegistryDown()),
        ("registry_down: {state: lost}", RegistryDown(Content.LOST)),
        ("zone_outage: {zone: b}", ZoneOutage("b")),
        (
            "added_latency: {service: catalog, zone: b, delay: 20ms}",
            AddedLatency(Selector(service="catalog", zone="b"), Deterministic(20 * NS_PER_MS)),
        ),
        (
            "error_rate: {zone: c, share: 50%, ratio: 10%}",
            ErrorRate(Selector(zone="c", share=0.5), 0.1),
        ),
        ("host_loss: {service: catalog}", HostLoss(CATALOG)),
        ("abort: {service: catalog}", Abort(CATALOG)),
        ("abort: {service: catalog, ratio: 5%}", Abort(CATALOG, 0.05)),
        ("hang: {service: catalog, ratio: 50%}", Hang(CATALOG, 0.5)),
        ("pause: {service: catalog}", Pause(CATALOG)),
        ("slow: {service: catalog, factor: 2.5}", Slow(CATALOG, 2.5)),
        ("dependency_outage: {service: catalog}", DependencyOutage("catalog")),
        (
            "bad_version: {service: catalog, share: 50%, errors: 20%, slow: 3}",
            BadVersion(Selector(service="catalog", share=0.5), 0.2, 3.0),
        ),
        ("bad_version: {service: catalog, slow: 3}", BadVersion(CATALOG, 0.0, 3.0)),
        ("bad_version: {service: catalog, errors: 20%}", BadVersion(CATALOG, 0.2, 1.0)),
        ("bad_config: {service: catalog}", BadConfig(CATALOG)),
        ("load_surge: {source: shoppers, factor: 3}", LoadSurge("shoppers", 3.0)),
        ("load_surge: {source: shoppers, factor: 0}", LoadSurge("shoppers", 0.0)),
    ],
)
def test_each_kind_of_fault_is_planned(tmp_path, written, kind):
    faults = load_edited(tmp_path, (CRASH, written)).blueprint.faults
    assert faults == (Fault("faults[0]", 30 * NS_PER_S, 60 * NS_PER_S, kind),)


def test_a_fault_without_end_stays(tmp_path):
    assert load_edited(tmp_path, ("for: 1m, inst", "inst")).blueprint.faults[0].for_ns is None


def test_faults_are_labelled_by_their_place_in_the_file(tmp_path):
    faults = load_edited(
        tmp_path, ("faults:\n", "faults:\n  - {at: 40s, zone_outage: {zone: a}}\n")
    ).blueprint.faults
    assert [(fault.label, fault.at_ns) for fault in faults] == [
        ("faults[0]", 40 * NS_PER_S),
        ("faults[1]", 30 * NS_PER_S),
    ]


@pytest.mark.parametrize(
    ("timing", "is_fine"),
    [
        ("at: 1m59s999ms, for: 1s", True),
        ("at: 2m, for: 1s", False),
        ("at: 0, for: 3m30s", True),
        ("at: 0, for: 3m30s1ns", False),
    ],
)
def test_faults_strike_in_measure_and_end_within_the_run(tmp_path, timing, is_fine):
    edits = (
        ("at: 30s, for: 1m", timing),
        ('  - {alert: InstanceDown, fires_within: 1m, of: "faults[0]"}\n', ""),
    )
    assert (messages(tmp_path, *edits) == []) is is_fine


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("{service: catalog, count: 3}", ""),
        ("{service: catalog, count: 4}", "only 3 instances match, not 4"),
        ("{service: catalog, zone: a, count: 2}", "only 1 instances match, not 2"),
        ("{count: 1}", "say what is hit: service, instance, zone, region or labels"),
        ("{service: catalog, count: 1, share: 50%}", "give either count or share"),
        ("{instance: catalog-0, zone: b}", "no instance is all of this at once"),
        ("{service: catalog, count: 0}", "must be at least 1, got 0"),
        ("{service: catalog, share: 0%}", "must be more than 0, got '0%'"),
    ],
)
def test_a_fault_hits_instances_that_exist(tmp_path, selector, message):
    shown = messages(tmp_path, ("{service: catalog, count: 1}", selector))
    assert [line.rsplit(": ", 1)[1] for line in shown] == ([message] if message else []) or (
        message and shown[0].endswith(message)
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("abort: {service: catalog, ratio: 0%}", "must be more than 0, got '0%'"),
        ("hang: {service: catalog, ratio: 101%}", "'101%' is more than 100%"),
        ("hang: {service: catalogue}", "unknown service 'catalogue', did you mean 'catalog'?"),
        ("pause: {service: catalog, ratio: 5%}", "unknown field"),
        ("pause: {}", "say what is hit: service, instance, zone, region or labels"),
        ("pause: 3", "expected a section"),
        ("slow: {service: catalog}", "is missing"),
        ("slow: {service: catalog, factor: 1}", "must be more than 1.0, got 1"),
        ("slow: {service: catalog, factor: -2}", "must be more than 1.0, got -2"),
        ("slo: {service: catalog, factor: 2}", "unknown field, did you mean 'slow'?"),
        ("instance_crash: {service: catalog, state: gone}", "state"),
        ("registry_down: {state: gone}", "state"),
        ("dependency_outage: {service: cat}", "unknown service 'cat'"),
        ("bad_version: {service: catalog}", "say what is bad about it: errors, slow or both"),
        ("bad_version: {service: catalog, slow: 1}", "must be more than 1.0, got 1"),
        ("bad_config: {service: catalog, ratio: 0%}", "must be more than 0, got '0%'"),
        (
            "load_surge: {source: shopper, factor: 3}",
            "unknown source 'shopper', did you mean 'shoppers'?",
        ),
        ("load_surge: {source: catalog, factor: 3}", "unknown source 'catalog'"),
        ("load_surge: {source: shoppers, factor: -1}", "must be at least 0"),
        ("pause: {zone: a}, hang: {zone: a}", "a fault has one kind, not both hang and pause"),
    ],
)
def test_a_mistake_in_a_fault_is_told_where_it_stands(tmp_path, written, message):
    shown = messages(tmp_path, (CRASH, written))
    assert len(shown) == 1
    assert shown[0].startswith("scenario.yaml:")
    assert "faults[0]" in shown[0]
    assert message in shown[0]


SURGE = "load_surge: {source: shoppers, factor: 3}"


@pytest.mark.parametrize(
    ("arrivals", "message"),
    [
        ("{steps: [{rate: 10/s, for: 1m}, {rate: 20/s}]}", ""),
        ("{ramp: {from: 10/s, to: 20/s, at: 0s, over: 1m}}", ""),
        ("{every: 10ms}", "the arrivals of 'shoppers' are no rate"),
        ("{gaps: {dist: exponential, mean: 10ms}}", "the arrivals of 'shoppers' are no rate"),
    ],
)
def test_only_a_rate_can_surge(tmp_path, arrivals, message):
    shown = messages(tmp_path, (CRASH, SURGE), (ARRIVALS, arrivals))
    assert bool(shown) == bool(message)
    assert all("faults[0].load_surge.source" in line and message in line for line in shown)


def test_users_who_wait_for_answers_cannot_surge(tmp_path):
    shown = messages(
        tmp_path, (CRASH, SURGE), (f"arrivals: {ARRIVALS}", "users: {count: 5, think: 1s}")
    )
    assert [line.rsplit(": ", 1)[1] for line in shown] == [
        "'shoppers' are users who wait for answers; they have no rate"
    ]


def test_a_source_that_is_wrong_itself_is_not_also_unknown(tmp_path):
    shown = messages(tmp_path, (CRASH, SURGE), (ARRIVALS, "{steps: [{rate: 10/s, for: 1s}]}"))
    assert len(shown) == 1
    assert "traffic.shoppers" in shown[0]


def test_a_surge_that_no_run_could_come_near_is_refused(tmp_path):
    huge = "load_surge: {source: shoppers, factor: 1000000}"
    assert "traffic.shoppers.arrivals" in messages(tmp_path, (CRASH, huge))[0]


REGIONS = ("topology:\n", "topology:\n  regions: {east: [a, b], west: [c]}\n")
EAST = Region("east", ("a", "b"))


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("region_outage: {region: east}", RegionOutage(EAST)),
        ("pause: {region: east}", Pause(Selector(region=EAST))),
        (
            "pause: {service: catalog, region: east, count: 2}",
            Pause(Selector(service="catalog", count=2, region=EAST)),
        ),
    ],
)
def test_a_region_stands_for_its_zones(tmp_path, written, kind):
    faults = load_edited(tmp_path, REGIONS, (CRASH, written)).blueprint.faults
    assert faults[0].kind == kind


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("region_outage: {region: eats}", "unknown region 'eats', did you mean 'east'?"),
        ("region_outage: {zone: a}", "unknown field"),
        ("pause: {region: south}", "unknown region 'south' (there are east, west)"),
        ("pause: {region: west, zone: a}", "no instance is all of this at once"),
        ("pause: {region: east, service: catalog, count: 3}", "only 2 instances match, not 3"),
    ],
)
def test_a_region_must_be_there(tmp_path, written, message):
    shown = messages(tmp_path, REGIONS, (CRASH, written))
    assert any("faults[0]" in line and message in line for line in shown)


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        ("{east: [a, d]}", "topology.regions.east[1]: unknown zone 'd'"),
        ("{east: [a], west: [a]}", "topology.regions.west[0]: zone 'a' is in region east"),
        ("{east: []}", "topology.regions.east"),
    ],
)
def test_a_region_has_zones_of_its_own(tmp_path, regions, message):
    shown = messages(tmp_path, ("topology:\n", f"topology:\n  regions: {regions}\n"))
    assert len(shown) == 1
    assert message in shown[0]


def labelled(service: str, copies: str):
    text = TWO_TIER.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if "  catalog:" in line)
    at = text.index(line)
    old = text[at : text.index("instances: {", at) + len("instances: {")]
    new = old.replace(line, f"{line}\n    labels: {service}", 1) + f"labels: {copies}, "
    return old, new


def test_labels_of_copies_are_dealt_out_in_turn_and_go_before_those_of_the_service(tmp_path):
    edit = labelled("{team: shop, track: none}", "{track: [canary, stable]}")
    blueprint = load_edited(tmp_path, edit).blueprint
    catalog = next(one for one in blueprint.services if one.name == "catalog")
    assert [instance.labels for instance in catalog.instances] == [
        (("team", "shop"), ("track", track)) for track in ("canary", "stable", "canary")
    ]
    frontend = next(one for one in blueprint.services if one.name == "frontend")
    assert {instance.labels for instance in frontend.instances} == {()}


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("{labels: {track: canary}}", ""),
        ("{labels: {track: canary}, count: 2}", ""),
        ("{labels: {team: shop, track: stable}}", ""),
        ("{labels: {track: canary}, count: 3}", "only 2 instances match, not 3"),
        ("{labels: {trak: canary}}", "unknown label 'trak', did you mean 'track'?"),
        ("{labels: {track: canry}}", "unknown value of label track 'canry', did you mean 'canary'"),
        ("{labels: {track: canary}, service: frontend}", "no instance is all of this at once"),
        ("{labels: {}}", "labels"),
    ],
)
def test_labels_narrow_the_choice(tmp_path, selector, message):
    edit = labelled("{team: shop}", "{track: [canary, stable]}")
    shown = messages(tmp_path, edit, ("{service: catalog, count: 1}", selector))
    assert bool(shown) == bool(message)
    assert all("faults[0].instance_crash" in line and message in line for line in shown)


def test_a_selector_by_labels_is_planned(tmp_path):
    edit = labelled("{team: shop}", "{track: [canary, stable]}")
    faults = load_edited(tmp_path, edit, (CRASH, "pause: {labels: {team: shop}}")).blueprint.faults
    assert faults[0].kind == Pause(Selector(labels=(("team", "shop"),)))


SCHEDULER = (
    "traffic:\n",
    "scheduler: {nodes: {s1: {zone: a}, s2: {zone: b}}, lock: {zone: c},"
    " executors: {x1: {zone: a}}}\n"
    "jobs: {report: {schedule: '* * * * *', work: 1s}}\ntraffic:\n",
)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        (
            "clock_skew: {service: scheduler, by: 5m}",
            ClockSkew(Selector(service="scheduler"), 300 * NS_PER_S),
        ),
        (
            "clock_skew: {instance: s1, by: -1s500ms}",
            ClockSkew(Selector(instance="s1"), -1500 * NS_PER_MS),
        ),
        ("clock_drift: {zone: b, rate: 500ppm}", ClockDrift(Selector(zone="b"), 500)),
        ("clock_drift: {zone: b, rate: -500ppm}", ClockDrift(Selector(zone="b"), -500)),
    ],
)
def test_clocks_of_schedulers_can_be_wrong(tmp_path, written, kind):
    faults = load_edited(tmp_path, SCHEDULER, (CRASH, written)).blueprint.faults
    assert faults[0].kind == kind


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("clock_skew: {service: scheduler, by: 0}", "a clock that is wrong by 0 is right"),
        ("clock_skew: {service: scheduler, by: 5}", "5 has no unit; write 5ms or 5s"),
        ("clock_skew: {service: scheduler, by: --5s}", "'-5s'"),
        ("clock_skew: {service: scheduler}", "is missing"),
        ("clock_skew: {service: catalog, by: 1s}", "unknown service 'catalog'"),
        ("clock_skew: {service: executor, by: 1s}", "unknown service 'executor'"),
        ("clock_drift: {service: scheduler, rate: 0ppm}", "a clock that is wrong by 0 is right"),
        ("clock_drift: {service: scheduler, rate: 5%}", "'5%' is not a clock drift"),
    ],
)
def test_a_mistake_about_clocks_is_told_where_it_stands(tmp_path, written, message):
    shown = messages(tmp_path, SCHEDULER, (CRASH, written))
    assert any("faults[0].clock" in line and message in line for line in shown)


def test_without_a_scheduler_nobody_reads_a_wall_clock(tmp_path):
    shown = messages(tmp_path, (CRASH, "clock_skew: {service: scheduler, by: 1s}"))
    assert any("nobody reads a wall clock" in line for line in shown)


def resourceful(text):
    return ("    start_up: 5s\n", f"    start_up: 5s\n    {text}\n")


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("slots", "warm_up: {for: 1s}"),
        ("cpu", "cores: 2"),
        ("memory", "memory: {limit: 1GiB}"),
        ("disk", "disk: {per_second: 100MiB}"),
    ],
)
def test_what_a_service_has_can_run_out(tmp_path, what, given):
    written = f"exhaust: {{service: catalog, what: {what}, taken: 90%}}"
    faults = load_edited(tmp_path, resourceful(given), (CRASH, written)).blueprint.faults
    assert faults[0].kind == Exhaustion(CATALOG, Resource(what), 0.9)


@pytest.mark.parametrize("what", ["cpu", "memory", "disk", "connections"])
def test_what_a_service_lacks_cannot_run_out(tmp_path, what):
    written = f"exhaust: {{service: catalog, what: {what}, taken: 90%}}"
    (shown,) = messages(tmp_path, (CRASH, written))
    assert "faults[0].exhaust.what" in shown
    assert "that takes" in shown


def test_connections_are_those_of_the_pools_through_which_a_service_calls(tmp_path):
    pool = ("    timeout: 250ms\n", "    timeout: 250ms\n    pool: {connections: 10}\n")
    written = "exhaust: {service: frontend, what: connections, taken: 50%}"
    faults = load_edited(tmp_path, pool, (CRASH, written)).blueprint.faults
    assert faults[0].kind == Exhaustion(Selector(service="frontend"), Resource.CONNECTIONS, 0.5)


def test_a_zone_stands_for_those_in_it_that_have_what_runs_out(tmp_path):
    written = "exhaust: {zone: a, count: 1, what: cpu, taken: 50%}"
    cores = resourceful("cores: 2")
    assert messages(tmp_path, cores, (CRASH, written)) == []
    shown = messages(tmp_path, cores, (CRASH, written.replace("count: 1", "count: 2")))
    assert any("only 1 instances match, not 2" in line for line in shown)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("exhaust: {service: catalog, what: slots}", "is missing"),
        ("exhaust: {service: catalog, what: time, taken: 5%}", "what"),
        ("exhaust: {service: catalog, what: slots, taken: 0%}", "must be more than 0"),
        ("exhaust: {service: catalogue, what: slots, taken: 5%}", "unknown service 'catalogue'"),
        ("exhaust: {what: slots, taken: 5%}", "say what is hit"),
        ("exhaust: {service: catalog, what: disk, taken: 100%}", "moves nothing"),
    ],
)
def test_a_mistake_about_what_runs_out_is_told_where_it_stands(tmp_path, written, message):
    shown = messages(tmp_path, resourceful("disk: {per_second: 100MiB}"), (CRASH, written))
    assert len(shown) == 1
    assert "faults[0].exhaust" in shown[0]
    assert message in shown[0]
