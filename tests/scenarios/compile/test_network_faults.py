"""Faults of the network in a file: every kind, what is left out, and what is wrong."""

import pytest

from models.base.distributions import Deterministic
from models.base.time import NS_PER_MS
from models.faults.network import (
    PROBES,
    BandwidthCut,
    Between,
    Carried,
    CertificateExpiry,
    NetworkLatency,
    PacketDuplication,
    PacketLoss,
    PacketReordering,
    Partition,
    ProbeLoss,
    RegistryDown,
    StaleDiscovery,
)
from models.faults.selector import Selector
from scenarios.document.faults import FAULT_KINDS
from sim.chaos.network import NETWORK_KINDS
from tests.scenarios.edited import load_edited, messages

CRASH = "instance_crash: {service: catalog, count: 1}"
ENDS = "from: {service: frontend}, to: {service: catalog}"
BETWEEN = Between(Selector(service="frontend"), Selector(service="catalog"))
TEN_MS = Deterministic(10 * NS_PER_MS)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        (f"partition: {{{ENDS}}}", Partition(BETWEEN)),
        (
            "partition: {from: {zone: a}, direction: forward, only: [requests, heartbeats]}",
            Partition(
                Between(
                    Selector(zone="a"),
                    both_ways=False,
                    carries=frozenset({Carried.REQUESTS, Carried.HEARTBEATS}),
                )
            ),
        ),
        ("packet_loss: {ratio: 5%}", PacketLoss(Between(), 0.05)),
        (
            "probe_loss: {from: {service: catalog}}",
            ProbeLoss(Between(Selector(service="catalog"), carries=PROBES), 1.0),
        ),
        (
            f"packet_duplication: {{{ENDS}, ratio: 10%}}",
            PacketDuplication(BETWEEN, 0.1, Deterministic(NS_PER_MS)),
        ),
        (
            f"packet_reordering: {{{ENDS}, ratio: 10%, delay: 10ms}}",
            PacketReordering(BETWEEN, 0.1, TEN_MS),
        ),
        (f"network_latency: {{{ENDS}, delay: 10ms}}", NetworkLatency(BETWEEN, TEN_MS)),
        (f"bandwidth_cut: {{{ENDS}, rate: 2KiB/s}}", BandwidthCut(BETWEEN, 2048.0)),
        (
            "certificate_expiry: {to: {service: registry}}",
            CertificateExpiry(Between(None, Selector(service="registry"))),
        ),
        ("stale_discovery: {}", StaleDiscovery()),
        ("registry_down: {}", RegistryDown()),
    ],
)
def test_each_kind_is_planned(tmp_path, written, kind):
    (fault,) = load_edited(tmp_path, (CRASH, written)).blueprint.faults
    assert fault.kind == kind


@pytest.mark.parametrize("service", ["catalog", "shoppers", "registry", "monitoring"])
def test_whoever_sends_messages_can_be_cut_off(tmp_path, service):
    assert messages(tmp_path, (CRASH, f"partition: {{from: {{service: {service}}}}}")) == []


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("partition: {}", "partition: say between whom: 'from', 'to' or both"),
        ("certificate_expiry: {}", "certificate_expiry: say between whom: 'from', 'to' or both"),
        (
            "packet_loss: {ratio: 5%, direction: forward}",
            "direction: there is no forward without 'from' or 'to'",
        ),
        ("partition: {from: {zone: d}}", "zone: unknown zone 'd'"),
        ("partition: {to: {service: catalgo}}", "did you mean 'catalog'?"),
        ("partition: {from: {service: scheduler}}", "unknown service 'scheduler'"),
        (
            "partition: {from: {}}",
            "from: say what is hit: service, instance, zone, region or labels",
        ),
        ("partition: {from: {zone: a}, only: []}", "only"),
        ("partition: {from: {zone: a}, only: [beats]}", "only"),
        ("partition: {from: {zone: a}, between: {zone: a}}", "between: unknown field"),
        ("packet_loss: {ratio: 0%}", "ratio: must be more than 0, got '0%'"),
        ("packet_loss: {}", "ratio"),
        ("packet_reordering: {ratio: 5%}", "delay"),
        ("network_latency: {}", "delay"),
        ("bandwidth_cut: {rate: 2KiB}", "'2KiB' is not a bandwidth; write for example 10MiB/s"),
        ("bandwidth_cut: {rate: 0}", "rate: must be more than 0"),
        ("probe_loss: {only: [requests]}", "only"),
        ("stale_discovery: {zone: a}", "zone"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(tmp_path, written, message):
    shown = messages(tmp_path, (CRASH, written))
    assert len(shown) == 1
    assert shown[0].startswith("scenario.yaml:62:")
    assert message in shown[0]


@pytest.mark.parametrize("kind", ["stale_discovery", "registry_down"])
def test_without_discovery_there_is_no_registry_to_break(tmp_path, kind):
    discovery = "discovery: {zone: a, heartbeat: 1s, lease: 3s, sweep: 1s, refresh: 1s}\n"
    shown = messages(tmp_path, (CRASH, f"{kind}: {{}}"), (discovery, ""))
    assert any(
        line.endswith(f"{kind}: there is no registry; add a section 'discovery'") for line in shown
    )


def test_every_kind_that_the_world_knows_can_be_written():
    assert {kind.name for kind in NETWORK_KINDS} <= set(FAULT_KINDS)
