"""Monitoring in a world: what fires, who is paged, and what its own outage does."""

from dataclasses import replace

import numpy as np
import pytest

from models.alerting.routing.settings import single_route
from models.base.distributions import Deterministic
from models.base.errors import ConfigError
from models.base.time import NS_PER_MINUTE
from models.discovery.config import DiscoveryConfig
from models.faults.plan import (
    AddedLatency,
    ErrorRate,
    InstanceCrash,
    ZoneOutage,
)
from models.faults.selector import Selector
from sim.world import build
from tests.sim.processes.monitored import Left, attach, monitoring, rule, run, shop
from tests.sim.worlds import MS, S, blueprint, edge, fault

DOWN = rule("InstanceDown", "up == 0", for_s=5)
SLACK_S = 2.6
"""A scrape interval, its time-out, an evaluation interval, and the links."""


def crash(count: int | None = 1, *, at_s: float = 5, for_s: float | None = 15):
    target = Selector(instance="shop-0") if count == 1 else Selector(service="shop", count=count)
    return fault(InstanceCrash(target), at_s=at_s, for_s=for_s)


def outage(zone: str, *, at_s: float, for_s: float):
    return replace(fault(ZoneOutage(zone), at_s=at_s, for_s=for_s), label=f"{zone} dark")


def rows(left: Left) -> list[list[tuple[object, ...]]]:
    return [[tuple(map(repr, row)) for row in table.rows()] for table in left.tables]


def test_a_crash_fires_after_for_pages_once_and_resolves_after_the_restart() -> None:
    left = run(monitoring(DOWN), faults=[crash()])
    assert left.states("shop-0") == ["pending", "firing", "resolved"]
    pending, firing, resolved = (time for time, *_ in left.alerts())
    assert 5 < pending < 5 + SLACK_S
    assert firing - pending == pytest.approx(5)
    assert 20 < resolved < 20 + SLACK_S
    (paged, receiver, first), (_, _, last) = left.pages()
    assert (receiver, first["alerts"], first["status"]) == ("on-call", ["InstanceDown"], "firing")
    assert paged == pytest.approx(firing + 1.001, abs=1e-6), "group_wait, and a link of 1 ms"
    assert (last["alerts"], last["status"]) == (["InstanceDown"], "resolved")


def test_an_outage_shorter_than_for_pages_nobody() -> None:
    left = run(monitoring(DOWN), faults=[crash(for_s=3)])
    assert left.states("shop-0") == ["pending", "inactive"]
    assert left.pages() == []


def test_two_instances_of_one_rule_are_two_alerts_in_one_page() -> None:
    left = run(monitoring(DOWN), faults=[crash(2, for_s=None)], seconds=30)
    firing = [labels["instance"] for _, _, state, labels in left.alerts() if state == "firing"]
    assert len(firing) == len(set(firing)) == 2
    ((_, _, page),) = left.pages()
    assert (page["alerts"], page["firing"], page["status"]) == (["InstanceDown"], 2, "firing")


def test_the_alert_is_recorded_under_its_full_label_set() -> None:
    left = run(monitoring(DOWN), faults=[crash()])
    labels = {"alertname": "InstanceDown", "instance": "shop-0", "job": "shop", "zone": "a"}
    assert [found for *_, found in left.alerts()] == [labels] * 3


def test_a_dark_monitoring_zone_pages_nobody_until_it_returns() -> None:
    config = monitoring(DOWN, zone="c")
    left = run(config, faults=[crash(for_s=None), outage("c", at_s=7, for_s=20)], seconds=50)
    assert not [time for time, *_ in left.alerts() if 7 <= time < 27]
    assert min(time for time, *_ in left.pages()) > 27
    assert left.states("shop-0") == ["pending", "firing"]


def test_a_dark_monitoring_zone_measures_nothing() -> None:
    left = run(monitoring(DOWN, zone="c"), faults=[outage("c", at_s=7, for_s=20)], seconds=50)
    times = [time for time, _ in left.samples("up", instance="shop-0")]
    assert not [time for time in times if 7 < time < 27]
    assert [time for time in times if 27 < time < 28.1], "the next turn is on time again"
    steps = np.diff([time for time in times if time > 27])
    assert np.allclose(steps, 1)


def test_pending_alerts_are_as_old_after_an_outage_of_monitoring_as_without_it() -> None:
    config = monitoring(rule("InstanceDown", "up == 0", for_s=15), zone="c")
    left = run(config, faults=[crash(for_s=None), outage("c", at_s=10, for_s=5)], seconds=40)
    pending, firing = (time for time, *_, labels in left.alerts() if labels["zone"] == "a")
    assert firing - pending == pytest.approx(15)


@pytest.mark.parametrize("after_s", [-0.0005, 0.0005], ids=["before it leaves", "on its way"])
def test_a_page_whose_answer_meets_a_dark_zone_has_failed_and_is_sent_again(after_s: float) -> None:
    config = monitoring(DOWN, zone="c")
    told = run(config, faults=[crash(for_s=None)]).pages()[0][0]
    dark = outage("c", at_s=told + after_s, for_s=3)
    left = run(config, faults=[crash(for_s=None), dark], seconds=40)
    assert left.pages()[0][0] == pytest.approx(told, abs=1e-6)
    ((failed, receiver, detail),) = left.events("page_failed")
    assert (receiver, detail["reason"]) == ("on-call", "no answer")
    assert failed == pytest.approx(told + after_s + 3)
    again = left.pages()[1][0]
    assert again == pytest.approx(failed + 0.501, abs=1e-6), "half a second, and a link"


def test_a_page_without_an_answer_has_failed_after_ten_seconds() -> None:
    config = monitoring(DOWN, alertmanager=single_route(group_wait_ns=S))
    plan = blueprint([shop()], [], rate_per_s=0, seconds=60, faults=[crash(for_s=None)])
    world = build(plan, 1)
    attach(world, config)
    world.network.link("", "c").cut()
    outcome = world.run()
    left = Left(world, outcome.tables, outcome.manifest.series)
    pages = [time - 0.001 for time, *_ in left.pages()]
    failures = [time for time, *_ in left.events("page_failed")]
    assert failures[0] == pytest.approx(pages[0] + 10)
    assert pages[1] == pytest.approx(failures[0] + 0.5)
    assert pages[2] == pytest.approx(failures[1] + 0.75)


def test_a_page_that_cannot_leave_is_not_sent() -> None:
    config = monitoring(DOWN)
    world = build(blueprint([shop()], [], rate_per_s=0, seconds=30, faults=[crash()]), 1)
    attach(world, config)
    world.network.link("c", "").cut()
    outcome = world.run()
    left = Left(world, outcome.tables, outcome.manifest.series)
    assert left.pages() == []
    assert left.events("page_failed")


def test_half_the_answers_being_errors_makes_the_error_ratio_fire() -> None:
    config = monitoring(rule("Errors", "http_request_error_ratio > 0.3"))
    broken = fault(ErrorRate(Selector(instance="shop-1"), 0.5), at_s=5, for_s=15)
    left = run(config, faults=[broken], rate_per_s=300)
    assert left.states("shop-1")[:2] == ["pending", "firing"]
    assert {labels["instance"] for *_, labels in left.alerts()} == {"shop-1"}
    during = [
        v for t, v in left.samples("http_request_error_ratio", instance="shop-1") if 7 < t < 20
    ]
    assert np.mean(during) == pytest.approx(0.5, abs=0.05)


def test_a_rule_that_fails_is_logged_and_does_not_stop_the_others() -> None:
    merged = replace(rule("Merged", "up == 1"), labels=(("instance", "one"), ("zone", "one")))
    left = run(monitoring(merged, DOWN), faults=[crash()])
    assert "two results have the labels" in left.logs()[0]
    assert "firing" in left.states("shop-0")


def test_alerts_carry_civil_time() -> None:
    plan = blueprint([shop()], [], rate_per_s=0, seconds=20, faults=[crash(for_s=None)])
    plan = replace(plan, phases=replace(plan.phases, wall_start_ns=1_700_000_000 * S))
    world = build(plan, 1)
    attach(world, monitoring(DOWN))
    outcome = world.run()
    left = Left(world, outcome.tables, outcome.manifest.series)
    pending = left.alerts()[0][0]
    (since,) = {value for _, value in left.samples("ALERTS_FOR_STATE", instance="shop-0")}
    assert since == pytest.approx(1_700_000_000 + pending)


def test_scraping_is_no_traffic() -> None:
    alone, watched = run(None, rate_per_s=0), run(monitoring(DOWN), rate_per_s=0)
    assert len(watched.tables[0]) == len(watched.tables[1]) == len(alone.tables[1]) == 0
    assert {instance.answered for instance in watched.world.instances} == {0}


def test_monitoring_shifts_no_draw_of_the_users() -> None:
    alone, watched = run(None), run(monitoring(DOWN))
    assert rows(alone)[:2] == rows(watched)[:2]


def test_the_same_seed_leaves_the_same_rows() -> None:
    faults = [crash(), outage("c", at_s=8, for_s=4)]
    one, other = (run(monitoring(DOWN), faults=faults) for _ in range(2))
    assert rows(one) == rows(other)


def test_another_seed_scrapes_at_other_phases() -> None:
    one, other = (run(monitoring(), seed=seed).samples("up")[0][0] for seed in (1, 2))
    assert one != other


def test_shuffled_ties_change_no_state() -> None:
    faults = [crash(), outage("c", at_s=8, for_s=4)]
    plain = run(monitoring(DOWN), faults=faults)
    shuffled = run(monitoring(DOWN), faults=faults, shuffle_ties=True)
    assert shuffled.alerts() == plain.alerts()
    assert shuffled.pages() == plain.pages()


def test_another_target_shifts_the_scrapes_of_none() -> None:
    few, many = (run(monitoring(), count=count).samples for count in (3, 4))
    for instance in ("shop-0", "shop-1", "shop-2", "users"):
        assert few("up", instance=instance) == many("up", instance=instance)


def test_the_registry_shows_healthy_instances_and_zero_when_there_are_none() -> None:
    config = monitoring(rule("ServiceGone", "registry_instances_healthy == 0"))
    down = fault(InstanceCrash(Selector(service="shop")), at_s=5, for_s=None)
    discovery = DiscoveryConfig("b", lease_ns=3 * S)
    left = run(config, faults=[down], discovery=discovery, seconds=15)
    values = [value for _, value in left.samples("registry_instances_healthy", service="shop")]
    assert (values[0], values[-1]) == (3, 0)
    ((fired, _, _, labels),) = [one for one in left.alerts() if one[2] == "firing"]
    assert 7 < fired < 5 + 3 + 1 + SLACK_S
    assert labels["service"] == "shop"


def test_a_dark_registry_is_down() -> None:
    left = run(monitoring(), faults=[outage("b", at_s=5, for_s=5)], discovery=DiscoveryConfig("b"))
    during = {value for time, value in left.samples("up", job="registry") if 6.6 < time < 10}
    assert during == {0}


def test_monitoring_in_another_dark_zone_is_not_disturbed() -> None:
    left = run(monitoring(zone="c"), faults=[outage("b", at_s=7, for_s=5)], seconds=20)
    times = [time for time, value in left.samples("up", instance="shop-0") if value == 1]
    assert np.allclose(np.diff(times), 1)


def test_overlapping_outages_end_with_the_last() -> None:
    faults = [outage("c", at_s=5, for_s=10), replace(outage("c", at_s=8, for_s=12), label="again")]
    left = run(monitoring(zone="c"), faults=faults, seconds=30)
    times = [time for time, _ in left.samples("up", instance="shop-0")]
    assert not [time for time in times if 5.1 < time < 20]
    assert [time for time in times if 20 < time < 21.1]


def test_a_scrape_may_last_as_long_as_its_interval() -> None:
    left = run(monitoring(DOWN, scrape_timeout_ns=S), faults=[crash()])
    assert left.states("shop-0") == ["pending", "firing", "resolved"]


@pytest.mark.parametrize(("timeout_ns", "up"), [(2 * MS, 1), (2 * MS - 1, 0)])
def test_an_answer_at_the_instant_of_the_time_out_is_in_time(timeout_ns: int, up: int) -> None:
    left = run(monitoring(scrape_timeout_ns=timeout_ns), seconds=5)
    assert {value for _, value in left.samples("up", instance="shop-0")} == {up}


def test_a_scrape_that_monitoring_did_not_survive_says_nothing_of_its_target() -> None:
    begins = run(monitoring()).samples("up", instance="shop-0")[6][0] - 0.002
    dark = outage("c", at_s=begins + 0.001, for_s=5)
    ups = run(monitoring(), faults=[dark]).samples("up", instance="shop-0")
    assert not [time for time, _ in ups if begins - 0.5 < time < begins + 5.9]
    assert {value for _, value in ups} == {1}


@pytest.mark.parametrize("way", [("c", "a"), ("a", "c")])
def test_a_target_that_cannot_be_reached_or_cannot_answer_is_down(way: tuple[str, str]) -> None:
    world = build(blueprint([shop()], [], rate_per_s=0, seconds=5), 1)
    attach(world, monitoring())
    world.network.link(*way).cut()
    outcome = world.run()
    left = Left(world, outcome.tables, outcome.manifest.series)
    assert {value for _, value in left.samples("up", instance="shop-0")} == {0}
    assert {value for _, value in left.samples("up", instance="shop-1")} == {1}


def test_samples_are_stamped_with_the_instant_their_scrape_began() -> None:
    world = build(blueprint([shop()], [], rate_per_s=0, seconds=5, faults=[crash(at_s=3)]), 1)
    made = attach(world, monitoring())
    begun = []
    store = made._node.store
    append = store.append

    def noting(labels, *, time_ns, value):
        if ("instance", "shop-0") in labels:
            begun.append((time_ns, world.kernel.now, value))
        return append(labels, time_ns=time_ns, value=value)

    store.append = noting  # type: ignore[method-assign]
    world.run()
    assert {(now - then) // MS for then, now, _ in begun} == {2, 500}
    assert len({then % S for then, _, _ in begun}) == 1


def test_a_failed_scrape_ends_the_series_of_the_target_once() -> None:
    left = run(monitoring(), faults=[crash()], seconds=15)
    values = [value for _, value in left.samples("http_requests_total", instance="shop-0")]
    assert [np.isnan(value) for value in values] == [False] * (len(values) - 1) + [True]
    other = [value for _, value in left.samples("http_requests_total", instance="shop-1")]
    assert not np.isnan(other).any()


@pytest.mark.parametrize(
    "changes",
    [
        {"scrape_timeout_ns": S + 1},
        {"scrape_timeout_ns": 0},
        {"evaluation_interval_ns": 0},
        {"lookback_ns": 0},
    ],
)
def test_intervals_that_make_no_sense_are_refused(changes: dict[str, int]) -> None:
    world = build(blueprint([shop()], [edge("users", "shop")]), 1)
    with pytest.raises(ConfigError):
        attach(world, monitoring(DOWN, **changes))


def test_a_firing_alert_is_sent_again_so_that_it_does_not_end_by_itself() -> None:
    config = monitoring(
        rule("InstanceDown", "up == 0"),
        resend_delay_ns=2 * S,
        alertmanager=single_route(
            group_wait_ns=S, group_interval_ns=S, repeat_interval_ns=10 * NS_PER_MINUTE
        ),
    )
    left = run(config, faults=[crash(for_s=None)], seconds=40)
    assert [page["status"] for _, _, page in left.pages()] == ["firing"]


def test_a_slow_instance_whose_answers_come_after_the_time_out_is_down() -> None:

    slow = fault(AddedLatency(Selector(instance="shop-0"), Deterministic(300 * MS)), at_s=5)
    left = run(monitoring(), faults=[slow], seconds=20)
    ups = left.samples("up", instance="shop-0")
    assert {value for time, value in ups if 6.6 < time < 10} == {0}
    assert {value for time, value in ups if time > 11.6} == {1}
