"""A mesh in time: changes reach every proxy by messages, and are felt where they have arrived."""

from dataclasses import replace

import numpy as np
import pytest

from models.base.errors import ConfigError
from models.base.outcome import Outcome
from models.faults.ailments import Pause
from models.faults.network import Between, PacketLoss, Partition
from models.faults.plan import Fault, InstanceCrash, ZoneOutage
from models.faults.selector import Selector
from models.traffic.config import BackoffConfig, BreakerConfig, Jitter, RetryConfig
from models.traffic.gateway.headers import HeaderMatch
from models.traffic.mesh.config import Feature
from models.traffic.mesh.policy import Scope
from models.traffic.mesh.rules import (
    BreakerRule,
    Destination,
    FaultRule,
    Mirror,
    MirrorRule,
    RetryRule,
    Share,
    SplitRule,
    TimeoutRule,
)
from sim.blueprint import Blueprint
from sim.world import Outcome as Left
from sim.world import World, build
from tests.sim.meshes import TO_BACK, configuration, patience, platform, split, told
from tests.sim.worlds import MS, S, edge, fault

TOO_SHORT = 5 * MS
"""Less than the 12 ms which an answer of `back` takes."""
FRONT_0 = Selector(instance="front-0")
AWAY = Partition(Between(FRONT_0, Selector(service="control-plane")))


def run(plan: Blueprint, seed: int = 1, *, shuffled: bool = False) -> Left:
    return build(plan, seed, shuffle_ties=shuffled).run()


def to_back(left: Left, caller: int | None = None) -> np.ndarray:
    """Which attempts go from a front (or one of them) to a back."""
    callers = left.tables[1]["caller"]
    return callers < 3 if caller is None else callers == caller


def outcomes(left: Left, chosen: np.ndarray, start_s: float, end_s: float = 1e9) -> set[Outcome]:
    attempts = left.tables[1]
    starts = attempts["start_ns"]
    inside = chosen & (starts >= start_s * S) & (starts < end_s * S)
    return {Outcome(code) for code in np.unique(attempts["outcome"][inside])}


def test_the_first_configuration_holds_from_the_start_without_a_message() -> None:
    left = run(platform(first=[patience(TOO_SHORT)]))
    assert outcomes(left, to_back(left), 0, 9.9) == {Outcome.TIMEOUT}
    assert told(left, "config_applied") == []


def test_a_change_is_felt_at_each_proxy_when_it_has_arrived_there() -> None:
    left = run(platform(changes=[(4, [patience(TOO_SHORT)])]))
    applied = {subject: at for at, subject, _ in told(left, "config_applied")}
    attempts = left.tables[1]
    for caller, name in enumerate(("front-0", "front-1", "front-2")):
        assert 4 < applied[name] < 4.1
        mine = to_back(left, caller)
        assert outcomes(left, mine, 0, applied[name]) == {Outcome.OK}
        assert outcomes(left, mine, applied[name], 9.9) == {Outcome.TIMEOUT}
        assert np.count_nonzero(mine & (attempts["start_ns"] < applied[name] * S))


def test_calls_under_way_end_as_they_began() -> None:
    """What was sent before the change is not cut short by it."""
    plan = platform(changes=[(4, [patience(TOO_SHORT)])], rate_per_s=2000)
    left = run(plan)
    attempts = left.tables[1]
    applied = min(at for at, subject, _ in told(left, "config_applied") if "front" in subject) * S
    starts = attempts["start_ns"]
    across = to_back(left) & (starts < applied) & (starts + attempts["duration_ns"] > applied)
    assert np.count_nonzero(across) > 10
    assert set(attempts["outcome"][across]) == {Outcome.OK}


def test_the_control_plane_says_when_all_have_it_and_how_long_that_took() -> None:
    left = run(platform(changes=[(4, [patience(TOO_SHORT)])]))
    (published,) = told(left, "config_published")
    (converged,) = told(left, "config_converged")
    last = max(at for at, _, _ in told(left, "config_applied"))
    assert published == (4.0, "control-plane", {"change": "change 0", "version": "1.2"})
    assert converged[2]["proxies"] == 10 - 3
    assert converged[0] == pytest.approx(last + 0.001)
    assert converged[2]["took_ns"] == pytest.approx((converged[0] - 4) * S)


def test_a_partitioned_proxy_works_on_with_what_it_has_and_catches_up() -> None:
    lost = Fault("lost", 3 * S, 4 * S, AWAY)
    left = run(platform(changes=[(4, [patience(TOO_SHORT)])], faults=[lost], seconds=20))
    applied = {subject: at for at, subject, _ in told(left, "config_applied")}
    assert applied["front-1"] < 4.1
    assert applied["front-0"] > 7
    assert outcomes(left, to_back(left, 0), 4.1, 7) == {Outcome.OK}
    assert outcomes(left, to_back(left, 0), applied["front-0"]) >= {Outcome.TIMEOUT}
    (converged,) = told(left, "config_converged")
    assert converged[0] > applied["front-0"]


def test_pushes_are_sent_again_until_all_have_answered() -> None:
    everything = Between(Selector(service="control-plane"), None)
    lossy = Fault("lossy", 0, None, PacketLoss(everything, 0.5))
    changes = [(4, [patience(TOO_SHORT)])]
    left = run(platform(changes=changes, faults=[lossy], seconds=60, rate_per_s=20))
    applied = {subject: at for at, subject, _ in told(left, "config_applied")}
    assert len(applied) == 7
    assert max(applied.values()) > 4.2
    assert len(told(left, "config_converged")) == 1


def test_a_version_that_a_proxy_refuses_never_becomes_active_there() -> None:
    delay = TO_BACK, FaultRule(delay_ns=100 * MS, delay_percent=100.0)
    plan = platform(
        changes=[(4, [delay, patience(TOO_SHORT)]), (7, [patience(TOO_SHORT)])],
        lacking=(("front", frozenset({Feature.FAULT})),),
    )
    left = run(plan)
    refused = told(left, "config_refused")
    assert {subject for _, subject, _ in refused} == {"front-0", "front-1", "front-2"}
    assert refused[0][2] == {
        "version": "1.2",
        "reason": "this proxy does not know 'fault', asked for back",
    }
    assert outcomes(left, to_back(left), 0, 7) == {Outcome.OK}
    assert outcomes(left, to_back(left), 7.1, 9.9) == {Outcome.TIMEOUT}
    assert [detail["version"] for _, _, detail in told(left, "config_converged")] == ["1.3"]


def test_a_new_process_does_what_its_edges_say_until_it_has_heard() -> None:
    crash = Fault("crash", 4 * S, S, InstanceCrash(FRONT_0))
    lost = Fault("lost", 3 * S, 4 * S, AWAY)
    left = run(platform(first=[patience(TOO_SHORT)], faults=[crash, lost], seconds=12))
    mine = to_back(left, 0)
    assert outcomes(left, mine, 0, 3.9) == {Outcome.TIMEOUT}
    assert outcomes(left, mine, 5, 7) == {Outcome.OK}
    assert outcomes(left, mine, 8, 11.9) == {Outcome.TIMEOUT}


def test_a_proxy_that_stands_still_takes_the_change_when_it_goes_on() -> None:
    pause = fault(Pause(FRONT_0), at_s=3, for_s=4)
    left = run(platform(changes=[(4, [patience(TOO_SHORT)])], faults=[pause]))
    applied = {subject: at for at, subject, _ in told(left, "config_applied")}
    assert applied["front-0"] == 7


def test_a_change_in_the_dark_is_pushed_by_the_next_generation() -> None:
    dark = Fault("dark", 3 * S, 3 * S, ZoneOutage("c"))
    plan = platform(changes=[(4, [patience(TOO_SHORT)])], faults=[dark], seconds=20)
    left = run(plan)
    assert [at for at, _, _ in told(left, "config_published")] == [6.0]
    applied = [(at, detail["version"]) for at, _, detail in told(left, "config_applied")]
    assert min(applied)[0] >= 6
    assert {version for _, version in applied} == {"2.1"}
    assert len(applied) == 7
    assert outcomes(left, to_back(left, 0), 3.1, 6) == {Outcome.OK, Outcome.TIMEOUT}


def test_the_record_of_members_outlives_a_change_of_time_outs() -> None:
    """A breaker that was opened before the change still keeps calls away after it."""
    crash = fault(InstanceCrash(Selector(service="back")), at_s=2, for_s=None)
    breaker = BreakerConfig(window_calls=10, minimum_calls=5, open_ns=60 * S)
    guarded = replace(edge("front", "back"), breaker=breaker)
    plan = platform(changes=[(5, [patience(700 * MS)])], faults=[crash], front_edge=guarded)
    left = run(plan)
    assert outcomes(left, to_back(left), 3.5) == {Outcome.BREAKER_OPEN}


def test_another_breaker_begins_with_a_clean_record() -> None:
    crash = fault(InstanceCrash(Selector(service="back")), at_s=2, for_s=None)
    breaker = BreakerConfig(window_calls=10, minimum_calls=5, open_ns=60 * S)
    guarded = replace(edge("front", "back"), breaker=breaker)
    other = TO_BACK, BreakerRule(replace(breaker, window_calls=11))
    left = run(platform(changes=[(5, [other])], faults=[crash], front_edge=guarded))
    assert outcomes(left, to_back(left), 3.5, 5) == {Outcome.BREAKER_OPEN}
    assert Outcome.REFUSED in outcomes(left, to_back(left), 5)


def test_retries_are_switched_on_and_off_while_running() -> None:
    pause = BackoffConfig(MS, MS, Jitter.NONE)
    eager = TO_BACK, RetryRule(RetryConfig(retries=2, backoff=pause))
    rules = [patience(TOO_SHORT), eager]
    left = run(platform(first=[patience(TOO_SHORT)], changes=[(4, rules), (7, rules[:1])]))
    attempts = left.tables[1]
    tries = attempts["try_decision"] & 0xF
    starts = attempts["start_ns"] / S
    assert tries[to_back(left) & (starts < 4)].max() == 1
    assert tries[to_back(left) & (starts > 4.1) & (starts < 7)].max() == 3
    assert tries[to_back(left) & (starts > 7.1)].max() == 1


def test_a_source_of_load_has_a_proxy_of_its_own() -> None:
    left = run(platform(changes=[(4, [(Scope("front", "users"), TimeoutRule(TOO_SHORT))])]))
    users = left.tables[1]["caller"] >= 6
    assert outcomes(left, users, 0, 4) == {Outcome.OK}
    assert outcomes(left, users, 4.1, 9.9) == {Outcome.TIMEOUT}


def test_samples_tell_how_far_a_change_has_come() -> None:
    lost = Fault("lost", 3 * S, 4 * S, AWAY)
    world = build(platform(changes=[(4.5, [patience(TOO_SHORT)])], faults=[lost]), 1)
    left = world.run()
    series = [info.name for info in left.manifest.series]
    samples = left.tables[2]

    def values(name: str) -> list[float]:
        return samples["value"][samples["series"] == series.index(name)].tolist()

    assert set(values("world_mesh_proxies")) == {7}
    assert values("world_mesh_proxies_current")[:7] == [7, 7, 7, 7, 7, 6, 6]
    assert values("world_mesh_proxies_current")[-1] == 7


@pytest.mark.parametrize("shuffled", [False, True])
def test_equal_seeds_give_equal_records(shuffled: bool) -> None:
    rules = [split(80, 20), (TO_BACK, FaultRule(20 * MS, 30.0, 10.0))]
    plan = platform(changes=[(3, rules), (6, [split(20, 80)])], seconds=8)
    first, second = run(plan, 5, shuffled=shuffled), run(plan, 5, shuffled=shuffled)
    for one, other in zip(first.tables, second.tables, strict=True):
        assert list(one.rows()) == list(other.rows())


def test_a_mesh_without_rules_leaves_every_users_latency_as_it_was() -> None:
    plan = platform()
    with_mesh, without = run(plan), run(replace(plan, mesh=None))
    for column in ("arrival_ns", "duration_ns", "outcome"):
        assert np.array_equal(with_mesh.tables[0][column], without.tables[0][column])


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (MirrorRule((Mirror(Destination("front")),)), "does nothing with a MirrorRule"),
        (SplitRule((Share(Destination("front"), 100),)), "subsets of the service itself"),
        (FaultRule(conditions=(HeaderMatch("x"),)), "requests have no headers"),
        (SplitRule((Share(Destination("back", "old"), 90),)), "sum to 90 percent"),
    ],
)
def test_a_world_is_not_made_of_what_its_proxies_cannot_do(rule: object, message: str) -> None:
    plan = platform(changes=[(4, [(TO_BACK, rule)])])  # type: ignore[list-item]
    with pytest.raises(ConfigError, match=rf"changes\[0\].*{message}"):
        build(plan, 1)


def test_two_rules_of_a_kind_for_one_scope_are_refused() -> None:
    plan = platform()
    assert plan.mesh is not None
    twice = configuration(patience(MS), patience(2 * MS))
    with pytest.raises(ConfigError, match="stands at"):
        build(replace(plan, mesh=replace(plan.mesh, config=twice)), 1)


def test_channels_that_were_replaced_are_kept_under_negative_numbers() -> None:
    world: World = build(platform(changes=[(1, [split(50, 50)]), (2, [])], seconds=4), 1)
    world.run()
    front = world.callers[0]
    assert len(front.ways[1]) == 1
    assert sum(number >= 0 for number in front.channels) == 1
    assert len(set(front.channels.values())) == len(front.channels)
