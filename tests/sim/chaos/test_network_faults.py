"""What faults of the network do to whom: requests, heartbeats, views, scrapes, locks and pages."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from models.base.distributions import Deterministic
from models.base.errors import ConfigError
from models.base.outcome import Outcome
from models.discovery.config import DiscoveryConfig
from models.faults.kind import FaultKind
from models.faults.network import (
    BandwidthCut,
    Between,
    Carried,
    CertificateExpiry,
    NetworkLatency,
    PacketDuplication,
    PacketLoss,
    Partition,
    ProbeLoss,
    RegistryDown,
    StaleDiscovery,
)
from models.faults.plan import Fault, InstanceCrash, ZoneOutage
from models.faults.selector import Selector
from models.records.table import Table
from models.service.spec import Cancel
from sim.world import World, build
from tests.sim.processes.monitored import Left, monitoring, rule
from tests.sim.processes.monitored import run as run_monitored
from tests.sim.worlds import MS, S, blueprint, edge, fault, service

SHOP = Selector(service="shop")
USERS = Selector(service="users")
BOTH = Between(USERS, SHOP)
REQUESTS = frozenset({Carried.REQUESTS})


class Shop:
    """Users call a shop of three copies, in zones a, b and c; the registry is in zone a."""

    def __init__(
        self,
        *faults: Fault,
        timeout_ns: int = 200 * MS,
        discovery: bool = False,
        cancel: Cancel = Cancel.NONE,
        shuffle: bool = False,
        slots: int = 50,
    ) -> None:
        plan = blueprint(
            [service("shop", slots=slots, work=Deterministic(10 * MS), cancel=cancel)],
            [edge("users", "shop", timeout_ns=timeout_ns, policy="round_robin")],
            rate_per_s=120,
            seconds=12,
            faults=faults,
            discovery=DiscoveryConfig("a") if discovery else None,
        )
        self.world: World = build(plan, 1, shuffle_ties=shuffle)
        self.left = self.world.run()

    @property
    def attempts(self) -> Table:
        return self.left.tables[1]

    def rows(self, start_s: float, end_s: float, target: int | None = None) -> np.ndarray:
        begins = self.attempts["start_ns"]
        rows = (begins >= start_s * S) & (begins < end_s * S)
        return rows if target is None else rows & (self.attempts["target"] == target)

    def outcomes(self, start_s: float, end_s: float, target: int | None = None) -> set[Outcome]:
        codes = self.attempts["outcome"][self.rows(start_s, end_s, target)]
        return {Outcome(code) for code in np.unique(codes).tolist()}

    def shortest_ms(self, start_s: float, end_s: float) -> float:
        return float(self.attempts["duration_ns"][self.rows(start_s, end_s)].min()) / MS

    def answered(self) -> int:
        return sum(instance.answered for instance in self.world.instances)

    def events(self, kind: str) -> list[float]:
        table = self.left.tables[3]
        return [
            time_ns / S
            for time_ns, found in zip(table["time_ns"].tolist(), table.text("kind"), strict=True)
            if found == kind
        ]


def at(kind: FaultKind, start_s: float = 3, for_s: float | None = 4, label: str = "it") -> Fault:
    length = None if for_s is None else round(for_s * S)
    return Fault(label, round(start_s * S), length, kind)


def test_a_dropped_request_times_out_and_a_dead_process_refuses() -> None:
    dropped = Shop(at(Partition(BOTH)))
    dead = Shop(at(InstanceCrash(SHOP)))
    assert dropped.outcomes(3.1, 6.9) == {Outcome.TIMEOUT}
    assert dead.outcomes(3.1, 6.9) == {Outcome.REFUSED}


def test_a_partition_on_the_way_there_spares_the_server_and_on_the_way_back_does_not() -> None:
    there = Shop(at(Partition(Between(USERS, SHOP, both_ways=False))))
    back = Shop(at(Partition(Between(SHOP, USERS, both_ways=False))))
    assert there.outcomes(3.1, 6.9) == back.outcomes(3.1, 6.9) == {Outcome.TIMEOUT}
    sent = int(there.rows(3, 7).sum())
    assert back.answered() - there.answered() == pytest.approx(sent, abs=10)


def test_a_partition_between_two_zones_spares_everybody_else() -> None:
    shop = Shop(at(Partition(Between(USERS, Selector(zone="b")))))
    assert shop.outcomes(3.1, 6.9, target=1) == {Outcome.TIMEOUT}
    assert shop.outcomes(3.1, 6.9, target=0) == shop.outcomes(3.1, 6.9, target=2) == {Outcome.OK}


def test_a_partition_around_an_instance_leaves_it_alone_with_itself() -> None:
    shop = Shop(at(Partition(Between(Selector(instance="shop-1")))))
    assert shop.outcomes(3.1, 6.9, target=1) == {Outcome.TIMEOUT}
    assert shop.outcomes(3.1, 6.9, target=2) == {Outcome.OK}


def test_a_partition_around_a_zone_leaves_the_zone_whole() -> None:
    plan = blueprint(
        [
            service("front", slots=50, work=Deterministic(MS), calls=[["back"]]),
            service("back", slots=50, work=Deterministic(MS)),
        ],
        [
            edge("users", "front", policy="round_robin"),
            edge("front", "back", timeout_ns=100 * MS, policy="round_robin"),
        ],
        rate_per_s=100,
        seconds=8,
        faults=[at(Partition(Between(Selector(zone="b"))))],
    )
    inside = replace(plan, sources=(replace(plan.sources[0], zone="b"),))
    attempts = build(inside, 1).run().tables[1]
    begins = attempts["start_ns"]
    during = (begins > 3.1 * S) & (begins < 6.8 * S) & (attempts["caller"] == 1)
    by_zone = {
        target: {
            Outcome(code) for code in attempts["outcome"][during & (attempts["target"] == target)]
        }
        for target in (3, 4, 5)
    }
    assert by_zone == {3: {Outcome.TIMEOUT}, 4: {Outcome.OK}, 5: {Outcome.TIMEOUT}}


def test_lost_heartbeats_cost_an_instance_its_lease_while_it_would_serve() -> None:
    lost = Partition(Between(Selector(instance="shop-1"), carries=frozenset({Carried.HEARTBEATS})))
    shop = Shop(at(lost, for_s=6), discovery=True)
    (expired,) = shop.events("lease_expired")
    (dropped,) = shop.events("view_dropped")
    assert 3 + 2 <= expired <= 3 + 5 < dropped + 1
    assert shop.outcomes(0, 11.5) == {Outcome.OK}
    assert not shop.rows(dropped, 9, target=1).any()
    assert shop.rows(10.5, 11.5, target=1).any()


def test_a_caller_cut_off_from_the_registry_keeps_its_last_view() -> None:
    cut_off = Partition(Between(USERS, Selector(service="registry")))
    crash = at(InstanceCrash(Selector(instance="shop-1")), 3.5, None, "crash")
    shop = Shop(at(cut_off, for_s=6), crash, discovery=True)
    assert shop.outcomes(7.5, 8.9, target=1) == {Outcome.REFUSED}
    assert not shop.rows(10.1, 11.5, target=1).any()


def test_probe_loss_leaves_requests_and_views_alone() -> None:
    shop = Shop(at(ProbeLoss(Between(SHOP), 1.0), for_s=6), discovery=True)
    assert len(shop.events("lease_expired")) == 3
    assert Outcome.NO_ENDPOINT in shop.outcomes(8, 9)
    assert shop.outcomes(10.5, 11.5) == {Outcome.OK}


def test_a_stale_registry_hears_heartbeats_all_the_same() -> None:
    crash = at(InstanceCrash(Selector(instance="shop-1")), 3.5, None, "crash")
    shop = Shop(at(StaleDiscovery(), for_s=6), crash, discovery=True)
    (expired,) = shop.events("lease_expired")
    (dropped,) = shop.events("view_dropped")
    assert expired < 3.5 + 5
    assert 9 <= dropped <= 10.1


def test_of_two_stale_faults_the_one_that_came_first_decides_until_it_ends() -> None:
    crash = at(InstanceCrash(Selector(instance="shop-1")), 1, None, "crash")
    first, second = at(StaleDiscovery(), 0.5, 9, "one"), at(StaleDiscovery(), 6, 5, "two")
    shop = Shop(first, second, crash, discovery=True)
    assert shop.events("lease_expired")[0] < 6
    (dropped,) = shop.events("view_dropped")
    assert 9.5 <= dropped <= 10.6


def test_a_second_stale_fault_goes_on_when_the_first_ends() -> None:
    crash = at(InstanceCrash(Selector(instance="shop-1")), 1, None, "crash")
    first, second = at(StaleDiscovery(), 0.5, 2, "one"), at(StaleDiscovery(), 0.7, 9, "two")
    (dropped,) = Shop(first, second, crash, discovery=True).events("view_dropped")
    assert 9.7 <= dropped <= 10.8


def test_a_registry_that_is_down_evicts_nobody_when_it_returns() -> None:
    shop = Shop(at(RegistryDown(), for_s=6), discovery=True)
    assert shop.events("lease_expired") == []
    assert shop.outcomes(0, 11.5) == {Outcome.OK}


def test_a_registry_stays_down_until_every_cause_is_gone() -> None:
    crash = at(InstanceCrash(Selector(instance="shop-1")), 2, None, "crash")
    faults = [
        at(RegistryDown(), 1, 3, "process"),
        at(ZoneOutage("a"), 3, 3, "power"),
        at(RegistryDown(), 5, 2.5, "process again"),
    ]
    shop = Shop(*faults, crash, discovery=True)
    assert min(shop.events("lease_expired")) > 7.5
    assert shop.world.discovery is not None
    assert shop.world.discovery.server.is_running


@pytest.mark.parametrize("kind", [StaleDiscovery(), RegistryDown()])
def test_what_is_about_a_registry_needs_one(kind: FaultKind) -> None:
    with pytest.raises(ConfigError, match="needs a registry"):
        Shop(at(kind))


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("cancel", list(Cancel))
def test_a_doubled_request_is_worked_on_twice_and_settled_once(
    cancel: Cancel, shuffle: bool
) -> None:
    doubled = PacketDuplication(Between(USERS, SHOP, both_ways=False), 1.0, Deterministic(0))
    shop = Shop(at(doubled), cancel=cancel, shuffle=shuffle)
    sent = int(shop.rows(0, 12).sum())
    during = int(shop.rows(3, 7).sum())
    assert shop.answered() == pytest.approx(sent + during, abs=4)
    assert shop.outcomes(0, 11.5) == {Outcome.OK}
    assert len(shop.attempts) == shop.left.counts.offered


def test_a_doubled_answer_is_taken_once() -> None:
    doubled = PacketDuplication(Between(SHOP, USERS, both_ways=False), 1.0, Deterministic(5 * MS))
    shop = Shop(at(doubled))
    assert shop.outcomes(0, 11.5) == {Outcome.OK}
    assert shop.shortest_ms(3.1, 6.9) == 12


def test_the_first_answer_to_a_doubled_request_counts() -> None:
    doubled = PacketDuplication(BOTH, 1.0, Deterministic(40 * MS))
    assert Shop(at(doubled)).shortest_ms(3.1, 6.9) == 12


def test_a_copy_answers_for_a_request_whose_first_answer_is_lost() -> None:
    """The process dies under the first arrival and is back before the copy comes."""
    doubled = PacketDuplication(Between(USERS, SHOP, both_ways=False), 1.0, Deterministic(100 * MS))
    slow = NetworkLatency(Between(SHOP, USERS, both_ways=False), Deterministic(150 * MS))
    crash = Fault("crash", 4 * S, 50 * MS, InstanceCrash(SHOP))
    shop = Shop(at(doubled), at(slow, label="slow"), crash, timeout_ns=2 * S)
    rows = shop.rows(3.995, 4.0)
    ended = {Outcome(code) for code in shop.attempts["outcome"][rows].tolist()}
    assert ended <= {Outcome.RESET, Outcome.OK}


def test_doubled_requests_that_fill_all_slots_break_no_law() -> None:
    doubled = PacketDuplication(BOTH, 1.0, Deterministic(MS))
    shop = Shop(at(doubled), slots=1, cancel=Cancel.RUNNING, timeout_ns=30 * MS)
    assert {Outcome.OK, Outcome.TIMEOUT} <= shop.outcomes(3.1, 6.9)
    assert not any(instance.jobs for instance in shop.world.instances)


def test_calls_of_a_doubled_request_belong_to_it() -> None:
    plan = blueprint(
        [
            service("front", slots=50, work=Deterministic(5 * MS), calls=[["back"]]),
            service("back", slots=50, work=Deterministic(5 * MS)),
        ],
        [edge("users", "front"), edge("front", "back")],
        rate_per_s=50,
        seconds=6,
        faults=[
            at(
                PacketDuplication(Between(USERS, None, both_ways=False), 1.0, Deterministic(MS)),
                2,
                2,
            )
        ],
    )
    left = build(plan, 1).run()
    attempts = left.tables[1]
    parents = attempts["parent"][attempts["node"] == 1]
    _, calls = np.unique(parents, return_counts=True)
    assert set(calls.tolist()) == {1, 2}


def test_overlapping_latencies_add_up_and_end_one_by_one() -> None:
    one = at(NetworkLatency(BOTH, Deterministic(10 * MS)), 2, 4, "one")
    two = at(NetworkLatency(BOTH, Deterministic(25 * MS)), 4, 4, "two")
    shop = Shop(one, two)
    spans = ((0, 1.8), (2.1, 3.8), (4.1, 5.8), (6.1, 7.8), (8.1, 11))
    assert [shop.shortest_ms(*span) for span in spans] == [12, 32, 82, 62, 12]


def test_overlapping_losses_compound() -> None:
    one = at(PacketLoss(Between(USERS, SHOP, both_ways=False), 0.5), 1, 10, "one")
    two = at(PacketLoss(Between(USERS, SHOP, both_ways=False), 0.5), 1, 10, "two")
    shop = Shop(one, two)
    rows = shop.rows(1.1, 10.9)
    lost = (shop.attempts["outcome"][rows] == Outcome.TIMEOUT).mean()
    assert abs(lost - 0.75) < 3.3 * (0.75 * 0.25 / rows.sum()) ** 0.5


def test_overlapping_partitions_end_with_the_later_one() -> None:
    shop = Shop(at(Partition(BOTH), 2, 3, "one"), at(Partition(BOTH), 3, 5, "two"))
    assert shop.outcomes(2.1, 7.7) == {Outcome.TIMEOUT}
    assert shop.outcomes(8.1, 11.5) == {Outcome.OK}


def test_a_pipe_too_narrow_for_the_load_builds_a_queue() -> None:
    """40 requests of 1 KiB per second and way into 20 KiB/s: each waits longer than the last."""
    narrow = BandwidthCut(Between(USERS, SHOP, both_ways=False), 20 * 1024)
    shop = Shop(at(narrow), timeout_ns=0)
    rows = shop.rows(3, 7)
    waits = shop.attempts["duration_ns"][rows][np.argsort(shop.attempts["start_ns"][rows])]
    assert waits[-20:].mean() > 5 * waits[:20].mean() > 5 * 12 * MS
    assert shop.shortest_ms(8, 11) == 12


def test_a_certificate_that_expires_refuses_after_one_round_trip() -> None:
    shop = Shop(at(CertificateExpiry(BOTH)))
    assert shop.outcomes(3.1, 6.9) == {Outcome.REFUSED}
    assert shop.shortest_ms(3.1, 6.9) == 2
    assert shop.outcomes(7.1, 11.5) == {Outcome.OK}
    assert shop.answered() == pytest.approx(int((~shop.rows(3, 7)).sum()), abs=4)


def test_a_certificate_that_nobody_rotates_stays_expired() -> None:
    shop = Shop(at(CertificateExpiry(BOTH), for_s=None))
    assert shop.outcomes(3.1, 11.5) == {Outcome.REFUSED}


def test_an_expired_certificate_of_the_registry_freezes_views() -> None:
    expired = CertificateExpiry(Between(None, Selector(service="registry")))
    shop = Shop(at(expired, for_s=6), discovery=True)
    assert len(shop.events("lease_expired")) == 3
    assert shop.outcomes(3.1, 8.9) == {Outcome.OK}


def test_another_fault_shifts_nobody_elses_draws() -> None:
    loss = at(PacketLoss(Between(USERS, Selector(instance="shop-0")), 0.3), label="loss")
    other = at(PacketLoss(Between(USERS, Selector(instance="shop-1")), 0.3), label="other")
    alone, both = Shop(loss), Shop(loss, other)
    for target in (0, 2):
        ends = [shop.attempts["outcome"][shop.rows(0, 11.5, target)] for shop in (alone, both)]
        assert np.array_equal(*ends)


def scraped(faults: Sequence[Fault]) -> Left:
    down = rule("InstanceDown", "up == 0", for_s=3)
    return run_monitored(monitoring(down), faults=faults, seconds=30)


def test_a_partition_between_monitoring_and_its_target_looks_like_a_dead_target() -> None:
    cut_off = Partition(Between(Selector(service="shop", zone="a"), Selector(zone="c")))
    left = scraped([fault(cut_off, for_s=10)])
    ups = left.samples("up", instance="shop-0")
    assert {value for time, value in ups if 6 < time < 15} == {0.0}
    assert {value for time, value in ups if time < 5 or time > 17} == {1.0}
    assert left.states("shop-0") == ["pending", "firing", "resolved"]
    assert left.world.instances[0].answered > 300


def test_the_series_of_a_target_behind_a_partition_go_stale() -> None:
    cut_off = Partition(Between(Selector(instance="shop-0"), Selector(service="monitoring")))
    left = scraped([fault(cut_off, for_s=10)])
    name = next(
        series.name
        for series in left.series
        if ("instance", "shop-0") in series.labels
        and series.name != "up"
        and "scrape" not in series.name
    )
    during = [value for time, value in left.samples(name, instance="shop-0") if 6 < time < 15]
    assert all(np.isnan(during))
    assert left.samples(name, instance="shop-0")[-1][0] > 28


def test_a_partition_of_monitoring_from_the_world_keeps_pages_back() -> None:
    crash = Fault("crash", 5 * S, None, InstanceCrash(Selector(instance="shop-0")))
    cut_off = Fault(
        "no way out",
        5 * S,
        15 * S,
        Partition(Between(Selector(service="monitoring"), carries=frozenset({Carried.PAGES}))),
    )
    left = scraped([crash, cut_off])
    assert left.states("shop-0")[:2] == ["pending", "firing"]
    assert left.pages()[0][0] >= 20
