"""Health checks in a world: what fails them, what does not, and what follows for callers."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from models.base.distributions import Deterministic
from models.base.outcome import Outcome
from models.base.streams import Stream
from models.discovery.config import DiscoveryConfig
from models.discovery.health.config import CheckConfig, HttpProbe, TcpProbe
from models.discovery.health.service_check import ServiceCheck
from models.faults.ailments import Abort, DependencyOutage, Hang, Pause
from models.faults.network import Between, Partition, ProbeLoss, RegistryDown
from models.faults.plan import AddedLatency, ErrorRate, Fault, InstanceCrash, ZoneOutage
from models.faults.selector import Selector
from models.records.digest import run_digest
from sim.world import Extensions, World, build
from tests.sim.worlds import MS, S, blueprint, edge, fault, service

ONE = Selector(instance="shop-0")
QUICK = CheckConfig(interval_ns=S, timeout_ns=500 * MS, rise=2, fall=3)
STRIKES, ENDS = 5.0, 15.0


def world(
    *faults: Fault,
    probe: HttpProbe | TcpProbe | None = None,
    is_deep: bool = False,
    kept: float = 0.0,
    shuffle_ties: bool = False,
    lease_s: int = 60,
    checks: bool = True,
) -> World:
    config = replace(QUICK, probe=probe or HttpProbe("/healthz"))
    check = ServiceCheck("shop", config, is_deep, kept)
    plan = blueprint(
        [service("shop", calls=[["back"]]), service("back")],
        [edge("users", "shop"), edge("shop", "back")],
        rate_per_s=100,
        seconds=30,
        faults=faults,
        discovery=DiscoveryConfig("c", lease_ns=lease_s * S, checks=(check,) if checks else ()),
    )
    return build(plan, 1, shuffle_ties=shuffle_ties)


def told(made: World, *kinds: str) -> list[tuple[float, str, str]]:
    events = made.run().tables[3]
    rows = zip(
        events["time_ns"].tolist(), events.text("kind"), events.text("subject"),
        events.text("detail"), strict=True,
    )  # fmt: skip
    return [
        (at / S, who, json.loads(how).get("message", ""))
        for at, kind, who, how in rows
        if kind in kinds
    ]


def ill(kind: object, *, for_s: float = 10) -> Fault:
    return fault(kind, at_s=STRIKES, for_s=for_s)  # type: ignore[arg-type]


FELT = [
    (Abort(ONE, 1.0), "GET /healthz answered 500"),
    (ErrorRate(ONE, 1.0), "GET /healthz answered 500"),
    (Hang(ONE), "no answer in time"),
    (Pause(ONE), "no answer in time"),
    (InstanceCrash(ONE), "connection refused"),
    (AddedLatency(ONE, Deterministic(600 * MS)), "no answer in time"),
    (ProbeLoss(Between(None, ONE), 1.0), "no answer in time"),
    (Partition(Between(Selector(service="registry"), ONE)), "no answer in time"),
]


@pytest.mark.parametrize(("kind", "message"), FELT, ids=lambda one: getattr(one, "name", ""))
def test_what_ails_an_instance_fails_its_check_after_fall_and_is_over_after_rise(
    kind: object, message: str
) -> None:
    ((lost, who, said),) = told(world(ill(kind)), "health_lost")
    assert (who, said) == ("shop-0", message)
    assert STRIKES + 2 < lost < STRIKES + 3 + 0.6, "three answers in a row, a second apart"
    ((regained, again, _),) = told(world(ill(kind)), "health_regained")
    assert again == "shop-0"
    assert ENDS + 1 < regained < ENDS + 2 + 0.7


@pytest.mark.parametrize("kind", [Hang(ONE), Pause(ONE), ErrorRate(ONE, 1.0)])
def test_a_connection_says_nothing_about_what_is_behind_it(kind: object) -> None:
    assert told(world(ill(kind), probe=TcpProbe()), "health_lost") == []


def test_a_connection_to_a_dead_process_is_refused() -> None:
    ((_, who, said),) = told(world(ill(InstanceCrash(ONE)), probe=TcpProbe()), "health_lost")
    assert (who, said) == ("shop-0", "connection refused")


def attempts_at(made: World, instance: str, start_s: float, end_s: float) -> int:
    attempts = made.run().tables[1]
    (index,) = [one.index for one in made.instances if one.name == instance]
    at = attempts["start_ns"] / S
    return int(((attempts["target"] == index) & (at > start_s) & (at < end_s)).sum())


def test_who_fails_is_given_to_nobody_until_it_passes() -> None:
    kind = ErrorRate(ONE, 1.0)
    assert attempts_at(world(ill(kind)), "shop-0", STRIKES, STRIKES + 2) > 20
    assert attempts_at(world(ill(kind)), "shop-0", STRIKES + 5.2, ENDS) == 0
    assert attempts_at(world(ill(kind)), "shop-0", ENDS + 4, 29) > 100


def test_a_deep_check_fails_with_what_the_service_calls_and_a_shallow_one_does_not() -> None:
    gone = ill(DependencyOutage("back"))
    lost = told(world(gone, is_deep=True), "health_lost")
    assert {who for _, who, _ in lost} == {"shop-0", "shop-1", "shop-2"}
    assert {said for _, _, said in lost} == {"GET /healthz answered 503"}
    assert told(world(gone), "health_lost") == []


def no_endpoint(made: World) -> int:
    requests = made.run().tables[0]
    return int((requests["last_outcome"] == Outcome.NO_ENDPOINT).sum())


@pytest.mark.parametrize(("kept", "are_out"), [(0.0, True), (0.5, False)])
def test_a_share_of_the_fleet_is_kept_where_all_of_it_looks_ill(kept: float, are_out: bool) -> None:
    made = world(ill(DependencyOutage("back")), is_deep=True, kept=kept)
    assert (no_endpoint(made) > 100) is are_out


def test_in_the_dark_nobody_probes_and_nobody_is_blamed() -> None:
    dark = [ill(ZoneOutage("c")), ill(ErrorRate(ONE, 1.0), for_s=5)]
    lost = told(world(*dark), "health_lost")
    assert [who for _, who, _ in lost if who == "shop-0"] == []


def test_a_registry_that_is_down_blames_nobody_for_its_own_silence() -> None:
    made = world(ill(RegistryDown()))
    assert told(made, "health_lost") == []


def test_probes_throw_dice_of_their_own() -> None:
    def fates(*, checked: bool) -> list[int]:
        made = world(ill(Abort(ONE, 0.5)), checks=checked, kept=1.0)
        return made.run().tables[0]["outcome"].tolist()

    assert fates(checked=True) == fates(checked=False)


@pytest.mark.parametrize("shuffle_ties", [False, True])
def test_the_same_seed_leaves_the_same_bytes(shuffle_ties: bool) -> None:
    def digest() -> str:
        faults: Sequence[Fault] = (ill(ErrorRate(ONE, 0.5)), ill(Hang(Selector(instance="shop-1"))))
        left = world(*faults, shuffle_ties=shuffle_ties).run()
        return run_digest(left.manifest, left.tables)

    assert digest() == digest()


def test_without_checks_no_stream_is_drawn_for_them() -> None:
    plan = blueprint([service("shop")], [edge("users", "shop")], discovery=DiscoveryConfig("c"))
    drawn: list[str] = []

    class Watched(World):
        def stream(self, name: str) -> Stream:
            drawn.append(name)
            return super().stream(name)

    Watched(plan, 1, shuffle_ties=False, extensions=Extensions())
    assert not any("health" in name for name in drawn)
