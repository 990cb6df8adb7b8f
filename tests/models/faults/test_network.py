"""Between whom, in words."""

import pytest

from models.faults.network import (
    EVERYTHING,
    PROBES,
    Between,
    Carried,
    Partition,
    ProbeLoss,
    RegistryDown,
)
from models.faults.selector import Selector

CART, ZONE = Selector(service="cart"), Selector(zone="a")


@pytest.mark.parametrize(
    ("between", "words"),
    [
        (Between(ZONE, CART), "between zone a and service cart"),
        (Between(ZONE, CART, both_ways=False), "from zone a to service cart"),
        (Between(ZONE), "around zone a"),
        (Between(ZONE, both_ways=False), "from zone a"),
        (Between(None, ZONE), "around zone a"),
        (Between(None, ZONE, both_ways=False), "to zone a"),
        (Between(), "everywhere"),
        (
            Between(ZONE, carries=frozenset({Carried.JOBS, Carried.REQUESTS})),
            "around zone a, only requests, jobs",
        ),
    ],
)
def test_the_place_of_a_fault_reads_as_one_would_say_it(between: Between, words: str) -> None:
    assert between.words == words


def test_a_kind_that_says_what_it_carries_does_not_repeat_it() -> None:
    assert ProbeLoss(Between(ZONE, carries=PROBES), 1.0).where == "around zone a"


def test_only_faults_of_links_have_a_place() -> None:
    assert Partition(Between(ZONE)).where == "around zone a"
    assert RegistryDown().where == ""


def test_probes_are_heartbeats_scrapes_and_checks() -> None:
    assert PROBES < EVERYTHING
    assert {kind.value for kind in PROBES} == {"heartbeats", "scrapes", "checks"}
