import pytest

from models.base.distributions import Deterministic
from models.base.time import NS_PER_DAY, NS_PER_MINUTE, NS_PER_MS, NS_PER_S
from models.discovery.config import DiscoveryConfig
from models.planning.prices import PriceList
from models.service.spec import MachineSpec
from scenarios.load import load
from sim.blueprint import Blueprint, ClocksSpec, Limits, LinksSpec, Phases
from tests.scenarios.edited import load_edited, messages

DISCOVERY = "discovery: {zone: a, heartbeat: 1s, lease: 3s, sweep: 1s, refresh: 1s}\n"
MINIMAL = """\
version: 1
scenario: s
time: {measure: 1m}
topology: {zones: [a]}
services:
  shop: {instances: {count: 1}, slots: 1, endpoints: {x: {work: 1ms}}}
"""


def plan(directory, *edits) -> Blueprint:
    return load_edited(directory, *edits).blueprint


def test_phases_and_start_are_as_written(tmp_path):
    assert plan(tmp_path).phases == Phases(
        measure_ns=2 * NS_PER_MINUTE,
        warm_up_ns=30 * NS_PER_S,
        heal_ns=30 * NS_PER_S,
        settle_ns=NS_PER_MINUTE,
        wall_start_ns=1_772_474_400 * NS_PER_S,
    )


def test_a_run_may_use_its_whole_budget_of_time_and_no_more(tmp_path):
    measure = ("measure: 2m", "measure: 6d23h58m")
    assert messages(tmp_path, measure) == []
    shown = messages(tmp_path, ("measure: 2m", "measure: 6d23h58m1ns"))
    assert len(shown) == 1
    assert "more than the budget limits.virtual of 7d" in shown[0]
    limit = ("expect:", "limits: {virtual: 8d}\nexpect:")
    assert messages(tmp_path, ("measure: 2m", "measure: 7d"), limit) == []


def test_links_that_are_not_given_keep_their_defaults(tmp_path):
    path = tmp_path / "s.yaml"

    path.write_text(MINIMAL.replace("[a]}", "[a], links: {cross_zone: {latency: 7ms}}}"))
    links = load(path).blueprint.links
    assert links.cross_zone == Deterministic(7 * NS_PER_MS)
    assert (links.same_zone, links.external) == (LinksSpec().same_zone, LinksSpec().external)


def test_a_minimal_scenario_has_the_defaults_of_a_blueprint(tmp_path):

    path = tmp_path / "s.yaml"
    path.write_text(MINIMAL)
    minimal = load(path).blueprint
    bare = Blueprint(
        name="s",
        phases=Phases(measure_ns=NS_PER_MINUTE, wall_start_ns=1_767_225_600 * NS_PER_S),
        zones=("a",),
        services=minimal.services,
        edges=(),
        machines=(MachineSpec("standard"),),
    )
    assert minimal == bare


def test_clocks_are_bounded_as_written(tmp_path):
    assert plan(tmp_path).clocks == ClocksSpec(20 * NS_PER_MS, 50)


@pytest.mark.parametrize(("drift", "is_fine"), [("10000ppm", True), ("10001ppm", False)])
def test_a_clock_that_drifts_by_more_than_a_hundredth_is_refused(tmp_path, drift, is_fine):
    assert (messages(tmp_path, ("drift: 50ppm", f"drift: {drift}")) == []) is is_fine


def test_machines_keep_their_speed_and_the_reference_machine_is_there(tmp_path):
    machines = plan(tmp_path, ("{speed: 1.0}", "{speed: 2.5}")).machines
    assert machines == (MachineSpec("m-2x8", 2.5), MachineSpec("standard", 1.0))


def test_discovery_is_as_written_and_may_be_left_out(tmp_path):
    edited = plan(tmp_path, ("sweep: 1s, refresh: 1s", "sweep: 2s, refresh: 4s"))
    assert edited.discovery == DiscoveryConfig(
        "a", NS_PER_S, 3 * NS_PER_S, 2 * NS_PER_S, 4 * NS_PER_S
    )
    without = plan(tmp_path, (DISCOVERY, ""), ('  - {failover: "faults[0]", within: 8s}\n', ""))
    assert without.discovery is None


@pytest.mark.parametrize(("lease", "is_fine"), [("1s1ns", True), ("1s", False)])
def test_a_lease_outlives_a_heartbeat(tmp_path, lease, is_fine):
    assert (messages(tmp_path, ("lease: 3s", f"lease: {lease}")) == []) is is_fine


def test_prices_are_as_written(tmp_path):
    assert plan(tmp_path).prices == PriceList((("m-2x8", 0.096),), 0.01)


def test_without_any_price_no_machine_needs_one(tmp_path):
    edited = plan(
        tmp_path,
        (
            "prices:\n  machines: {m-2x8: {on_demand: 0.096 USD/h}}\n"
            "  egress: {cross_zone: 0.01 USD/GB}\n",
            "",
        ),
    )
    assert edited.prices == PriceList()


def test_one_price_makes_all_others_needed_and_each_machine_is_named_once(tmp_path):
    shown = messages(tmp_path, ("  machines: {m-2x8: {on_demand: 0.096 USD/h}}\n", ""))
    assert shown == [
        "scenario.yaml:19:36: services.frontend.instances.machine:"
        " machine 'm-2x8' has no price in prices.machines"
    ]


def test_limits_and_sampling_are_as_written(tmp_path):
    edited = plan(
        tmp_path,
        (
            "expect:",
            "limits: {events: 5, virtual: 1d, wall: 1m, memory: 1GB}\n"
            "sampling: {interval: 500ms}\nexpect:",
        ),
    )
    assert edited.limits == Limits(5, NS_PER_DAY, 60.0, 10**9)
    assert edited.sample_interval_ns == 500 * NS_PER_MS


def test_plug_in_processes_keep_their_options_sorted(tmp_path):
    edited = plan(tmp_path, ("expect:", "processes: [{name: p, options: {b: x, a: y}}]\nexpect:"))
    assert edited.processes[0].name == "p"
    assert edited.processes[0].options == (("a", "y"), ("b", "x"))


def test_names_may_be_resolved_by_dns(tmp_path):
    by_dns = DISCOVERY.replace("refresh: 1s}", "refresh: 1s, resolve: {dns_ttl: 30s}}")
    config = load_edited(tmp_path, (DISCOVERY, by_dns)).blueprint.discovery
    assert config is not None
    assert config.dns_ttl_ns == 30 * NS_PER_S


@pytest.mark.parametrize("written", ["{}", "{dns_ttl: 0}", "{dns_ttl: 30s, ttl: 1s}", "dns"])
def test_a_resolver_needs_a_time_to_live_and_nothing_else(tmp_path, written):
    by_dns = DISCOVERY.replace("refresh: 1s}", f"refresh: 1s, resolve: {written}}}")
    (shown,) = messages(tmp_path, (DISCOVERY, by_dns))
    assert "discovery.resolve" in shown
