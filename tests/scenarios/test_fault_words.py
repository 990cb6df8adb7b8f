"""Planned faults in words."""

import pytest
from click.testing import CliRunner

from models.base.time import NS_PER_MINUTE, NS_PER_S
from models.faults.ailments import BadVersion, DependencyOutage
from models.faults.clocks import ClockSkew
from models.faults.exhaustion import Exhaustion, Resource
from models.faults.network import Between, PacketLoss, Partition, RegistryDown
from models.faults.plan import ErrorRate, Fault, InstanceCrash, RegionOutage, ZoneOutage
from models.faults.selector import Region, Selector
from models.faults.surge import LoadSurge
from scenarios.cli.validate import command
from scenarios.fault_words import fault_plan
from tests.scenarios.edited import TWO_TIER

CART, ZONE = Selector(service="cart"), Selector(zone="a")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (InstanceCrash(Selector(service="cart", count=1)), "instance crash of 1 of service cart"),
        (ErrorRate(CART, 0.5), "error rate of service cart"),
        (ZoneOutage("b"), "zone outage of zone b"),
        (Partition(Between(ZONE, CART)), "partition between zone a and service cart"),
        (PacketLoss(Between(), 0.1), "packet loss everywhere"),
        (RegistryDown(), "registry down"),
        (DependencyOutage("cart"), "dependency outage of service cart"),
        (RegionOutage(Region("east", ("a", "b"))), "region outage of region east"),
        (Exhaustion(CART, Resource.CPU, 0.5), "exhaustion of cpu of service cart"),
        (ClockSkew(Selector(service="scheduler"), 5), "clock skew of service scheduler"),
        (LoadSurge("users", 3.0), "load surge of users"),
        (BadVersion(CART, 0.5), "bad version of service cart"),
    ],
)
def test_a_fault_says_what_it_does_to_whom_and_when(kind, words):
    fault = Fault("faults[0]", 30 * NS_PER_S, NS_PER_MINUTE, kind)
    assert fault_plan(fault) == f"faults[0]: {words}, 30s into measure, for 1m"


def test_a_fault_without_end_says_so():
    fault = Fault("faults[2]", 0, None, ZoneOutage("b"))
    assert fault_plan(fault).endswith("into measure, for good")


def test_validate_names_every_fault():
    done = CliRunner().invoke(command, [str(TWO_TIER)])
    assert "\n  faults[0]: instance crash of 1 of service catalog, 30s into" in done.output
