"""Notifications in a world: receivers that are slow or down, silences, and a lone Alertmanager."""

from dataclasses import replace
from itertools import pairwise

import pytest

from models.alerting.routing.conduct import ReceiverConduct
from models.alerting.routing.matcher_text import read_matchers
from models.alerting.routing.silence import Silence
from models.base.distributions import Deterministic
from models.faults.network import Between, Carried, Partition
from models.faults.plan import InstanceCrash, ZoneOutage
from models.faults.selector import Selector
from sim.processes.alertmanager import ANSWER_TIMEOUT_NS
from tests.sim.processes.monitored import Left, monitoring, rule, run
from tests.sim.worlds import MS, S, fault

DOWN = rule("InstanceDown", "up == 0")
CRASH = replace(
    fault(InstanceCrash(Selector(instance="shop-0")), at_s=5, for_s=None), label="crash"
)


def pager(**conduct: object) -> tuple[ReceiverConduct, ...]:
    return (ReceiverConduct("on-call", **conduct),)  # type: ignore[arg-type]


def fired(left: Left) -> float:
    return next(at for at, _, state, _ in left.alerts() if state == "firing")


def failures(left: Left) -> list[tuple[float, str]]:
    return [(at, detail["reason"]) for at, _, detail in left.events("page_failed")]


def test_a_receiver_that_is_down_is_told_when_it_is_back_and_only_once() -> None:
    left = run(monitoring(DOWN, receivers=pager(outages=((0, 12 * S),))), faults=[CRASH])
    tries = failures(left)
    assert {reason for _, reason in tries} == {"receiver is down"}
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(tries)]
    assert gaps[:3] == pytest.approx([0.502, 0.752, 1.127], abs=2e-3), "0.5 s, then 1.5 times more"
    ((told, receiver, detail),) = left.pages()
    assert (receiver, detail["integration"], detail["attempt"]) == (
        "on-call", "webhook[0]", len(tries) + 1,
    )  # fmt: skip
    assert 12 < told < 12 + 2 * (12 - fired(left))


def test_a_receiver_slower_than_the_wait_for_its_answer_is_told_again() -> None:
    slow = pager(latency=Deterministic(ANSWER_TIMEOUT_NS))
    left = run(monitoring(DOWN, receivers=slow), faults=[CRASH])
    assert failures(left)[0][1] == "no answer"
    assert len(left.pages()) >= 2


def test_a_slow_receiver_that_answers_in_time_is_told_once_and_late() -> None:
    left = run(monitoring(DOWN, receivers=pager(latency=Deterministic(4 * S))), faults=[CRASH])
    ((told, _, _),) = left.pages()
    assert told == pytest.approx(fired(left) + 1 + 4 + 0.001, abs=1e-6)
    assert failures(left) == []


def test_a_receiver_that_fails_every_time_tells_nobody() -> None:
    left = run(monitoring(DOWN, receivers=pager(failure_ratio=1.0)), faults=[CRASH])
    assert left.pages() == []
    assert {reason for _, reason in failures(left)} == {"receiver answered with an error"}


def test_a_receiver_that_fails_now_and_then_is_tried_again() -> None:
    left = run(monitoring(DOWN, receivers=pager(failure_ratio=0.6)), faults=[CRASH])
    assert len(left.pages()) == 1


def silence(left: Left, *, until_s: float, matcher: str = "alertname=InstanceDown") -> Silence:
    start = left.world.blueprint.phases.wall_start_ns
    return Silence(read_matchers(matcher), start, start + round(until_s * S), comment="known")


def test_a_silence_keeps_quiet_until_the_next_flush_after_its_end() -> None:
    told_without = run(monitoring(DOWN), faults=[CRASH])
    (first, _, _) = told_without.pages()[0]
    left = run(monitoring(DOWN, silences=(silence(told_without, until_s=12),)), faults=[CRASH])
    ((quiet, _, detail),) = left.events("page_muted")
    assert (detail["reason"], detail["cause"]) == ("silenced", "known")
    assert quiet == pytest.approx(first - 0.001, abs=1e-6)
    ((told, _, _),) = left.pages()
    assert told == pytest.approx(first + 10, abs=1e-6), "one group_interval later"


def test_a_silence_of_something_else_keeps_nothing_quiet() -> None:
    world = run(monitoring(DOWN), faults=[CRASH])
    other = silence(world, until_s=60, matcher="alertname=Other")
    assert run(monitoring(DOWN, silences=(other,)), faults=[CRASH]).pages() == world.pages()


def lone(**changes: object):
    return monitoring(DOWN, alertmanager_zone="b", resend_delay_ns=2 * S, **changes)


def test_an_alertmanager_of_its_own_is_told_by_message() -> None:
    left = run(lone(), faults=[CRASH])
    ((told, _, _),) = left.pages()
    assert told == pytest.approx(fired(left) + 1 + 0.002, abs=1e-4), "a link of 1 ms more"


def cut(only: frozenset[Carried]):
    one, other = Selector(service="monitoring"), Selector(service="alertmanager")
    return fault(Partition(Between(one, other, carries=only)), at_s=3, for_s=9)


def test_what_fires_while_alertmanager_is_cut_off_is_told_after_it_is_reached_again() -> None:
    left = run(lone(), faults=[cut(frozenset({Carried.ALERTS})), CRASH])
    assert fired(left) < 10
    ((told, _, _),) = left.pages()
    assert 12 < told < 12 + 3.1, "the next resend and a turn of the rules; group_wait is over"


def test_a_cut_of_other_messages_delays_no_alert() -> None:
    scrapes = cut(frozenset({Carried.SCRAPES}))
    assert run(lone(), faults=[scrapes, CRASH]).pages() == run(lone(), faults=[CRASH]).pages()


def test_in_the_dark_alertmanager_tells_nobody_while_rules_go_on() -> None:
    dark = fault(ZoneOutage("b"), at_s=3, for_s=9)
    left = run(lone(), faults=[dark, CRASH], count=1)
    assert fired(left) < 10
    ((told, _, _),) = [page for page in left.pages() if page[2]["status"] == "firing"]
    assert told > 12


def test_without_a_node_of_its_own_it_shares_the_fate_of_monitoring() -> None:
    assert monitoring(DOWN).alertmanager_zone is None
    world = run(monitoring(DOWN)).world
    assert "alertmanager" not in world.network.stations.names(world.network.stations.everyone())


def test_latency_of_a_receiver_draws_from_streams_of_its_own() -> None:
    plain, slow = (
        run(monitoring(DOWN)),
        run(monitoring(DOWN, receivers=pager(latency=Deterministic(MS)))),
    )
    assert list(plain.tables[0].rows()) == list(slow.tables[0].rows())
