from dataclasses import replace
from itertools import product

import pytest

from models.base.errors import ConfigError
from models.discovery.config import DiscoveryConfig
from models.discovery.heartbeat import PRESENCES, Heartbeater, Presence, PresenceInput
from models.discovery.member import Registration, Status
from models.discovery.messages import Deregister, Heartbeat, Register, Reply, Verdict
from models.discovery.registry import Registry

WEB = Registration("web-0", "web", "a", incarnation=3)


def reply(verdict: Verdict, incarnation: int = 3, incarnation_min: int = 3) -> Reply:
    return Reply(verdict, "web-0", incarnation, incarnation_min)


def heartbeater(presence: Presence = Presence.ANNOUNCING) -> Heartbeater:
    beater = Heartbeater(WEB, start_ns=40, period_ns=100)
    if presence is not Presence.ANNOUNCING:
        beater.receive(reply(Verdict.ACCEPTED))
    if presence is Presence.LEFT:
        beater.leave()
    if presence is Presence.SUPERSEDED:
        beater.receive(reply(Verdict.STALE_INCARNATION, incarnation_min=4))
    assert beater.presence is presence
    return beater


def provoke(beater: Heartbeater, given: PresenceInput) -> None:
    match given:
        case PresenceInput.ACCEPTED:
            beater.receive(reply(Verdict.ACCEPTED))
        case PresenceInput.UNKNOWN:
            beater.receive(reply(Verdict.UNKNOWN))
        case PresenceInput.STALE:
            beater.receive(reply(Verdict.STALE_INCARNATION, incarnation_min=4))
        case PresenceInput.CHANGED:
            beater.change(WEB)
        case PresenceInput.LEAVE:
            beater.leave()


@pytest.mark.parametrize(("presence", "given"), list(product(Presence, PresenceInput)))
def test_presence_moves_along_the_table_and_nothing_else_moves_it(
    presence: Presence, given: PresenceInput
) -> None:
    beater = heartbeater(presence)
    before = beater.snapshot()
    provoke(beater, given)
    if (presence, given) in PRESENCES:
        assert beater.presence is PRESENCES[presence, given]
    else:
        assert beater.snapshot() == before


def test_the_instance_announces_itself_when_it_starts() -> None:
    assert heartbeater().announce() == (Register(WEB),)


def test_the_announcement_is_repeated_at_every_beat_until_it_is_accepted() -> None:
    beater = heartbeater()
    assert beater.tick(now=40) == beater.tick(now=140) == (Register(WEB),)
    beater.receive(reply(Verdict.ACCEPTED))
    assert beater.tick(now=240) == (Heartbeat("web-0", 3),)
    assert beater.announce() == ()


def test_beats_are_due_at_start_plus_whole_periods() -> None:
    beater = heartbeater(Presence.REGISTERED)
    due = []
    for now in (40, 141, 399, 440):
        due.append(beater.next_deadline())
        assert beater.tick(now=now) == (Heartbeat("web-0", 3),)
    assert due == [40, 140, 240, 440]


def test_a_tick_before_the_deadline_sends_nothing() -> None:
    beater = heartbeater(Presence.REGISTERED)
    assert beater.tick(now=39) == ()
    assert beater.next_deadline() == 40


def test_an_instance_the_registry_does_not_know_registers_again_at_once() -> None:
    beater = heartbeater(Presence.REGISTERED)
    assert beater.receive(reply(Verdict.UNKNOWN)) == (Register(WEB),)
    assert beater.presence is Presence.ANNOUNCING


def test_it_registers_under_the_incarnation_that_the_registry_asks_for() -> None:
    beater = heartbeater(Presence.REGISTERED)
    messages = beater.receive(reply(Verdict.UNKNOWN, incarnation_min=7))
    assert messages == (Register(replace(WEB, incarnation=7)),)


def test_it_never_goes_back_to_a_lower_incarnation() -> None:
    beater = heartbeater(Presence.REGISTERED)
    assert beater.receive(reply(Verdict.UNKNOWN, incarnation_min=0)) == (Register(WEB),)


def test_a_second_unknown_does_not_repeat_the_announcement_that_is_on_its_way() -> None:
    beater = heartbeater(Presence.REGISTERED)
    beater.receive(reply(Verdict.UNKNOWN))
    assert beater.receive(reply(Verdict.UNKNOWN)) == ()


def test_a_refused_announcement_is_repeated_at_once_under_a_higher_incarnation() -> None:
    beater = heartbeater()
    messages = beater.receive(reply(Verdict.UNKNOWN, incarnation_min=4))
    assert messages == (Register(replace(WEB, incarnation=4)),)


def test_a_reply_about_an_earlier_incarnation_of_itself_is_ignored() -> None:
    beater = heartbeater(Presence.REGISTERED)
    beater.change(WEB)
    before = beater.snapshot()
    for verdict in Verdict:
        assert beater.receive(reply(verdict, incarnation=3, incarnation_min=9)) == ()
    assert beater.snapshot() == before


def test_a_reply_to_another_instance_is_ignored() -> None:
    beater = heartbeater()
    beater.receive(Reply(Verdict.ACCEPTED, "web-1", 3, 3))
    assert beater.presence is Presence.ANNOUNCING


def test_an_illegal_status_says_nothing_about_presence() -> None:
    beater = heartbeater()
    assert beater.receive(reply(Verdict.ILLEGAL_STATUS)) == ()
    assert beater.presence is Presence.ANNOUNCING


@pytest.mark.parametrize("presence", [Presence.SUPERSEDED, Presence.LEFT])
def test_an_instance_that_is_out_stays_silent(presence: Presence) -> None:
    beater = heartbeater(presence)
    assert beater.next_deadline() is None
    assert beater.tick(now=9999) == beater.announce() == beater.change(WEB) == beater.leave() == ()
    assert beater.receive(reply(Verdict.UNKNOWN)) == ()


def test_leaving_deregisters_the_incarnation_that_is_announced() -> None:
    beater = heartbeater(Presence.REGISTERED)
    assert beater.leave() == (Deregister("web-0", 3),)


def test_a_changed_announcement_starts_a_new_incarnation() -> None:
    beater = heartbeater(Presence.REGISTERED)
    changed = replace(WEB, status=Status.DOWN, incarnation=1)
    assert beater.change(changed) == (Register(replace(changed, incarnation=4)),)


def test_an_instance_cannot_announce_another() -> None:
    beater = heartbeater()
    with pytest.raises(ConfigError):
        beater.change(replace(WEB, instance="web-1"))
    assert beater.snapshot().registration == WEB


def test_an_instance_deregistered_behind_its_back_returns_within_one_beat() -> None:
    registry = Registry(DiscoveryConfig(zone="a", lease_ns=300))
    beater = heartbeater()
    for message in beater.announce():
        beater.receive(registry.receive(message, now=0))
    registry.deregister("web-0", 3)
    (beat,) = beater.tick(now=40)
    (again,) = beater.receive(registry.receive(beat, now=41))
    beater.receive(registry.receive(again, now=42))
    assert beater.presence is Presence.REGISTERED
    assert [m.incarnation for m in registry.instances("web")] == [4]


def test_a_leftover_of_an_earlier_life_gives_way_to_its_successor() -> None:
    registry = Registry(DiscoveryConfig(zone="a", lease_ns=300))
    leftover = heartbeater(Presence.REGISTERED)
    registry.register(WEB, now=0)
    registry.register(replace(WEB, incarnation=4), now=10)
    (beat,) = leftover.tick(now=40)
    assert leftover.receive(registry.receive(beat, now=41)) == ()
    assert leftover.presence is Presence.SUPERSEDED
