"""Names of faults."""

import pytest

from models.planning.incident import FaultSpan
from reports.fault_words import fault_deed, fault_title
from tests.reports.small_run import MANIFEST


def span(label="faults[0]", kind="instance_crash", targets=("cart-1",)):
    return FaultSpan(label, 0, kind, targets, 0, None)


@pytest.mark.parametrize(
    ("kind", "targets", "deed"),
    [
        ("instance_crash", ("cart-1",), "instance crash of cart-1"),
        ("error_rate", ("cart-0", "cart-1"), "error rate of 2 instances of cart"),
        ("added_latency", ("cart-0", "web-0"), "added latency of 2 instances"),
        ("zone_outage", ("cart-1", "web-1"), "zone outage of zone b, 2 instances"),
        ("zone_outage", ("cart-0", "web-1"), "zone outage of 2 instances"),
        ("instance_crash", (), "instance crash"),
        ("pause", ("cart-1",), "pause of cart-1"),
        ("slow", ("cart-1",), "slowness of cart-1"),
        ("abort", ("cart-1",), "aborted connections of cart-1"),
        ("", ("cart-1",), "fault of cart-1"),
    ],
)
def test_a_deed_names_whom_it_struck(kind, targets, deed):
    assert fault_deed(span(kind=kind, targets=targets), MANIFEST) == deed


@pytest.mark.parametrize(
    ("kind", "where", "deed"),
    [
        ("partition", "between zone a and service cart", None),
        ("packet_loss", "everywhere", "packet loss everywhere"),
        ("bandwidth_cut", "around zone b", "bandwidth cut around zone b"),
        ("load_surge", "of users", "load surge of users"),
        ("exhaust", "of slots of service cart", "exhaustion of slots of service cart"),
    ],
)
def test_a_fault_of_the_network_says_between_whom(kind, where, deed):
    struck = FaultSpan("faults[0]", 0, kind, ("cart-0", "cart-1"), 0, None, where)
    assert fault_deed(struck, MANIFEST) == (deed or f"{kind} {where}")


@pytest.mark.parametrize("kind", ["registry_down", "stale_discovery"])
def test_a_fault_of_the_registry_need_not_name_it(kind):
    assert fault_deed(span(kind=kind, targets=("registry",)), MANIFEST) == kind.replace("_", " ")


def test_a_chosen_label_is_the_title():
    assert fault_title(span(label="zone b lost"), MANIFEST) == "zone b lost"


def test_a_label_that_is_only_a_place_gives_way_to_the_deed():
    assert fault_title(span(), MANIFEST) == "instance crash of cart-1"
