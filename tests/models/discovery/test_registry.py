from dataclasses import replace
from itertools import pairwise

import pytest

from models.base.errors import ConfigError
from models.discovery.config import DiscoveryConfig
from models.discovery.member import TRANSITIONS, Registration, Status
from models.discovery.messages import (
    Cause,
    ChangeKind,
    Changes,
    Compacted,
    Deregister,
    Heartbeat,
    Listing,
    Register,
    Reply,
    Verdict,
    ViewRequest,
)
from models.discovery.registry import Registry

CONFIG = DiscoveryConfig(zone="a", lease_ns=300, sweep_ns=100, history_limit=1000)
WEB = Registration("web-0", "web", "a")


def registry_with(*registrations: Registration, now: int = 0) -> Registry:
    registry = Registry(CONFIG)
    for registration in registrations:
        assert registry.register(registration, now=now).verdict is Verdict.ACCEPTED
    return registry


def named(registry: Registry, service: str = "web") -> list[str]:
    return [member.instance for member in registry.instances(service)]


def told(registry: Registry, since: int = 0) -> list[tuple[str, str, str]]:
    answer = registry.changes_since(since)
    assert isinstance(answer, Changes)
    return [(c.kind.value, c.cause.value, c.member.instance) for c in answer.changes]


# -- registration ----------------------------------------------------------------------------


def test_everything_announced_is_kept() -> None:
    full = Registration(
        "web-0",
        "web",
        "b",
        incarnation=4,
        address="10.0.0.7:80",
        endpoints=("GET /",),
        version="2.1",
        weight=3,
        metadata=(("team", "shop"),),
    )
    registry = registry_with(full)
    assert registry.instances("web")[0].registration == full


def test_a_registration_is_announced() -> None:
    assert told(registry_with(WEB)) == [("added", "registered", "web-0")]


def test_a_duplicated_registration_announces_nothing_and_renews_the_lease() -> None:
    registry = registry_with(WEB)
    registry.register(WEB, now=250)
    assert registry.revision == 1
    assert registry.sweep(now=550) == ()


def test_a_duplicated_registration_leaves_the_status_alone() -> None:
    registry = registry_with(WEB)
    registry.set_status("web-0", Status.OUT_OF_SERVICE, 1)
    registry.register(WEB, now=10)
    assert registry.instances("web")[0].status is Status.OUT_OF_SERVICE


def test_a_changed_announcement_updates_the_member() -> None:
    registry = registry_with(WEB)
    registry.register(replace(WEB, weight=5), now=10)
    assert registry.instances("web")[0].registration.weight == 5
    assert told(registry, 1) == [("updated", "registered", "web-0")]


def test_a_changed_announcement_of_one_incarnation_keeps_the_status_it_does_not_speak_of() -> None:
    registry = registry_with(WEB)
    registry.set_status("web-0", Status.DOWN, 1)
    registry.register(replace(WEB, weight=5), now=10)
    assert registry.instances("web")[0].status is Status.DOWN


def test_a_changed_announcement_of_one_incarnation_may_bring_a_new_status() -> None:
    registry = registry_with(replace(WEB, status=Status.STARTING))
    registry.register(WEB, now=10)
    assert registry.instances("web")[0].status is Status.UP


def test_a_delayed_copy_cannot_take_a_member_back_to_starting() -> None:
    early = replace(WEB, status=Status.STARTING)
    registry = registry_with(early, WEB)
    registry.register(early, now=10)
    assert registry.instances("web")[0].status is Status.UP


def test_a_new_incarnation_begins_with_the_status_it_announces() -> None:
    registry = registry_with(WEB)
    registry.register(replace(WEB, incarnation=2, status=Status.STARTING), now=10)
    assert registry.instances("web")[0].status is Status.STARTING


def test_an_older_incarnation_is_refused_and_changes_nothing() -> None:
    registry = registry_with(replace(WEB, incarnation=2))
    before = registry.snapshot()
    reply = registry.register(WEB, now=10)
    assert reply == Reply(Verdict.STALE_INCARNATION, "web-0", 1, 2)
    assert registry.snapshot() == before


def test_an_older_incarnation_does_not_renew_the_lease_of_the_newer() -> None:
    registry = registry_with(replace(WEB, incarnation=2))
    registry.register(WEB, now=200)
    assert len(registry.sweep(now=301)) == 1


def test_registering_under_another_service_moves_the_instance() -> None:
    registry = registry_with(WEB)
    registry.register(replace(WEB, service="cart"), now=10)
    assert registry.services() == ("cart",)
    assert named(registry, "web") == []
    assert named(registry, "cart") == ["web-0"]


def test_a_move_is_announced_to_the_watchers_of_both_services() -> None:
    registry = registry_with(WEB)
    registry.register(replace(WEB, service="cart"), now=10)
    old, new = registry.changes_since(1, "web"), registry.changes_since(1, "cart")
    assert isinstance(old, Changes)
    assert isinstance(new, Changes)
    assert [(c.revision, c.kind) for c in old.changes] == [(2, ChangeKind.REMOVED)]
    assert [(c.revision, c.kind) for c in new.changes] == [(3, ChangeKind.ADDED)]


@pytest.mark.parametrize("field", ["incarnation", "weight"])
def test_an_incarnation_or_weight_below_one_is_refused(field: str) -> None:
    registry = Registry(CONFIG)
    with pytest.raises(ConfigError):
        registry.register(replace(WEB, **{field: 0}), now=0)
    assert registry.revision == 0


# -- heartbeats ------------------------------------------------------------------------------


def test_a_heartbeat_renews_the_lease_and_announces_nothing() -> None:
    registry = registry_with(WEB)
    assert registry.heartbeat("web-0", 1, now=300).verdict is Verdict.ACCEPTED
    assert registry.revision == 1
    assert registry.sweep(now=600) == ()


def test_a_heartbeat_of_a_stranger_is_unknown_and_registers_nothing() -> None:
    registry = Registry(CONFIG)
    assert registry.heartbeat("web-0", 1, now=0).verdict is Verdict.UNKNOWN
    assert registry.services() == ()


def test_a_late_heartbeat_never_revives_a_deregistered_instance() -> None:
    registry = registry_with(WEB)
    registry.deregister("web-0", 1)
    reply = registry.heartbeat("web-0", 1, now=10)
    assert reply == Reply(Verdict.UNKNOWN, "web-0", 1, incarnation_min=2)
    assert registry.services() == ()


def test_a_late_registration_never_revives_a_deregistered_instance() -> None:
    registry = registry_with(WEB)
    registry.deregister("web-0", 1)
    assert registry.register(WEB, now=10) == Reply(Verdict.UNKNOWN, "web-0", 1, 2)
    assert registry.services() == ()


def test_a_deregistered_instance_returns_under_a_higher_incarnation() -> None:
    registry = registry_with(WEB)
    registry.deregister("web-0", 1)
    reply = registry.register(replace(WEB, incarnation=2), now=10)
    assert reply.verdict is Verdict.ACCEPTED
    assert named(registry) == ["web-0"]


def test_a_late_heartbeat_of_an_earlier_life_is_stale_and_renews_nothing() -> None:
    registry = registry_with(replace(WEB, incarnation=2))
    reply = registry.heartbeat("web-0", 1, now=200)
    assert reply == Reply(Verdict.STALE_INCARNATION, "web-0", 1, 2)
    assert len(registry.sweep(now=301)) == 1


def test_a_heartbeat_that_overtook_its_registration_renews_nothing() -> None:
    registry = registry_with(WEB)
    assert registry.heartbeat("web-0", 2, now=200).verdict is Verdict.UNKNOWN
    assert len(registry.sweep(now=301)) == 1


def test_a_leftover_of_an_earlier_life_stays_stale_after_its_successor_expired() -> None:
    registry = registry_with(replace(WEB, incarnation=2))
    registry.sweep(now=301)
    assert registry.heartbeat("web-0", 1, now=302).verdict is Verdict.STALE_INCARNATION
    assert registry.register(WEB, now=303).verdict is Verdict.STALE_INCARNATION


def test_an_expired_instance_is_told_to_register_and_may_keep_its_incarnation() -> None:
    registry = registry_with(WEB)
    registry.sweep(now=301)
    assert registry.heartbeat("web-0", 1, now=302) == Reply(Verdict.UNKNOWN, "web-0", 1, 1)
    assert registry.register(WEB, now=303).verdict is Verdict.ACCEPTED


def test_until_the_sweep_a_beat_still_renews_an_expired_lease() -> None:
    # Eureka: renew() succeeds for every lease that eviction has not removed yet
    registry = registry_with(WEB)
    assert registry.healthy("web", now=350) == ()
    assert registry.heartbeat("web-0", 1, now=350).verdict is Verdict.ACCEPTED
    assert len(registry.healthy("web", now=351)) == 1


# -- leaving ---------------------------------------------------------------------------------


def test_a_deregistration_is_announced() -> None:
    registry = registry_with(WEB)
    registry.deregister("web-0", 1)
    assert told(registry, 1) == [("removed", "deregistered", "web-0")]


def test_a_service_without_instances_is_not_listed() -> None:
    registry = registry_with(WEB)
    registry.deregister("web-0", 1)
    assert registry.services() == ()


def test_a_repeated_deregistration_announces_nothing() -> None:
    registry = registry_with(WEB)
    registry.deregister("web-0", 1)
    assert registry.deregister("web-0", 1).verdict is Verdict.UNKNOWN
    assert registry.revision == 2


def test_a_late_deregistration_does_not_take_out_the_next_life() -> None:
    registry = registry_with(replace(WEB, incarnation=2))
    assert registry.deregister("web-0", 1).verdict is Verdict.STALE_INCARNATION
    assert named(registry) == ["web-0"]


def test_a_deregistration_that_overtakes_its_registration_still_counts() -> None:
    registry = Registry(CONFIG)
    registry.deregister("web-0", 1)
    assert registry.register(WEB, now=0).verdict is Verdict.UNKNOWN
    assert registry.services() == ()


def test_a_deregistration_of_a_later_life_ends_the_earlier_too() -> None:
    registry = registry_with(WEB)
    registry.deregister("web-0", 2)
    assert registry.services() == ()
    assert registry.register(replace(WEB, incarnation=2), now=1).incarnation_min == 3


def test_a_deregistered_lease_cannot_expire_later() -> None:
    registry = registry_with(WEB)
    registry.deregister("web-0", 1)
    assert registry.sweep(now=9999) == ()


def test_an_instance_that_returned_takes_no_room_in_the_memory_of_those_that_left() -> None:
    registry = Registry(replace(CONFIG, history_limit=2))
    for name in ("web-b", "web-a"):
        registry.deregister(name, 1)
    registry.register(replace(WEB, instance="web-a", incarnation=2), now=0)
    registry.deregister("web-c", 1)
    late = registry.register(replace(WEB, instance="web-b"), now=1)
    assert late.verdict is Verdict.UNKNOWN


# -- statuses --------------------------------------------------------------------------------


@pytest.mark.parametrize("source", list(Status))
@pytest.mark.parametrize("target", list(Status))
def test_a_status_moves_along_the_table_and_an_illegal_move_changes_nothing(
    source: Status, target: Status
) -> None:
    registry = registry_with(replace(WEB, status=source))
    before = registry.snapshot()
    reply = registry.set_status("web-0", target, 1)
    if target in TRANSITIONS[source]:
        assert reply.verdict is Verdict.ACCEPTED
        assert registry.instances("web")[0].status is target
        assert told(registry, 1) == [("updated", "status_set", "web-0")]
    else:
        same = source is target
        assert reply.verdict is (Verdict.ACCEPTED if same else Verdict.ILLEGAL_STATUS)
        assert registry.snapshot() == before


def test_setting_a_status_does_not_renew_the_lease() -> None:
    registry = registry_with(WEB)
    registry.set_status("web-0", Status.DOWN, 1)
    assert len(registry.sweep(now=301)) == 1


def test_a_status_for_another_incarnation_is_refused() -> None:
    registry = registry_with(replace(WEB, incarnation=2))
    before = registry.snapshot()
    assert registry.set_status("web-0", Status.DOWN, 1).verdict is Verdict.STALE_INCARNATION
    assert registry.set_status("web-0", Status.DOWN, 3).verdict is Verdict.UNKNOWN
    assert registry.snapshot() == before


def test_a_status_for_a_stranger_is_unknown() -> None:
    assert Registry(CONFIG).set_status("web-0", Status.UP, 1).verdict is Verdict.UNKNOWN


# -- look-up ---------------------------------------------------------------------------------


def test_only_members_that_are_up_are_healthy() -> None:
    registry = registry_with(*(replace(WEB, instance=s.value, status=s) for s in Status))
    assert [m.instance for m in registry.healthy("web", now=1)] == ["up"]


def test_a_member_is_healthy_until_the_very_end_of_its_lease() -> None:
    registry = registry_with(WEB, now=40)
    assert len(registry.healthy("web", now=340)) == 1
    assert registry.healthy("web", now=341) == ()


def test_answers_come_in_the_order_of_names_whatever_the_order_of_arrival() -> None:
    names = ["web-3", "web-1", "web-2"]
    registry = registry_with(*(replace(WEB, instance=name) for name in names))
    assert [m.instance for m in registry.healthy("web", now=1)] == sorted(names)


def test_an_unknown_service_has_no_instances() -> None:
    registry = Registry(CONFIG)
    assert registry.instances("web") == ()
    assert registry.healthy("web", now=0) == ()


# -- sweep -----------------------------------------------------------------------------------


def test_a_sweep_takes_out_what_is_expired_and_announces_it() -> None:
    registry = registry_with(WEB)
    assert registry.sweep(now=300) == ()
    (removal,) = registry.sweep(now=301)
    assert (removal.kind, removal.cause) == (ChangeKind.REMOVED, Cause.LEASE_EXPIRED)
    assert told(registry, 1) == [("removed", "lease_expired", "web-0")]
    assert registry.services() == ()


def test_a_second_sweep_finds_nothing() -> None:
    registry = registry_with(WEB)
    registry.sweep(now=301)
    assert registry.sweep(now=302) == ()


def test_sweeps_are_due_at_start_plus_whole_periods() -> None:
    registry = Registry(CONFIG, sweep_start=30)
    due = []
    for now in (30, 130, 275, 330):
        due.append(registry.next_deadline())
        registry.tick(now=now)
    assert due == [30, 130, 230, 330]


def test_a_tick_before_the_deadline_sweeps_nothing() -> None:
    registry = Registry(CONFIG, sweep_start=400)
    registry.register(WEB, now=0)
    assert registry.tick(now=399) == ()
    assert len(registry.tick(now=400)) == 1


def test_an_instance_that_stops_is_gone_by_lease_plus_sweep_period() -> None:
    # PB05, on the registry's clock only: the instance never reports a time
    for phase in range(0, 100, 7):
        registry = Registry(CONFIG, sweep_start=phase)
        registry.register(WEB, now=0)
        gone_at = None
        while gone_at is None:
            now = registry.next_deadline()
            gone_at = now if registry.tick(now=now) else None
        assert 300 < gone_at <= 300 + 100


# -- watches ---------------------------------------------------------------------------------


def test_a_change_between_list_and_watch_is_not_lost() -> None:
    # PB06
    registry = registry_with(WEB)
    listing = registry.listing("web")
    registry.register(replace(WEB, instance="web-1"), now=1)
    registry.deregister("web-0", 1)
    assert told(registry, listing.revision) == [
        ("added", "registered", "web-1"),
        ("removed", "deregistered", "web-0"),
    ]


def test_a_list_has_members_of_every_status() -> None:
    registry = registry_with(replace(WEB, status=Status.DOWN))
    assert registry.listing("web") == Listing("web", 1, registry.instances("web"))


def test_revisions_are_consecutive() -> None:
    registry = registry_with(WEB, replace(WEB, instance="web-1"))
    registry.register(replace(WEB, service="cart"), now=1)
    registry.set_status("web-1", Status.DOWN, 1)
    registry.sweep(now=999)
    answer = registry.changes_since(0)
    assert isinstance(answer, Changes)
    revisions = [c.revision for c in answer.changes]
    assert all(later == earlier + 1 for earlier, later in pairwise(revisions))
    assert revisions[-1] == registry.revision == 7


def test_the_revision_of_a_member_is_that_of_its_last_change() -> None:
    registry = registry_with(WEB, replace(WEB, instance="web-1"))
    registry.set_status("web-0", Status.DOWN, 1)
    assert [m.revision for m in registry.instances("web")] == [3, 2]


def test_a_watcher_from_before_the_retained_history_is_told_to_list() -> None:
    registry = Registry(replace(CONFIG, history_limit=2))
    for index in range(4):
        registry.register(replace(WEB, instance=f"web-{index}"), now=0)
    assert registry.changes_since(1, "web") == Compacted("web", 1, 4)
    assert isinstance(registry.changes_since(2, "web"), Changes)


def test_a_restarted_registry_makes_every_watcher_list_again() -> None:
    registry = Registry(CONFIG, first_revision=100)
    assert registry.changes_since(7, "web") == Compacted("web", 7, 100)


def test_a_request_is_answered_with_a_list_or_with_changes_as_it_asks() -> None:
    registry = registry_with(WEB)
    assert registry.answer(ViewRequest("web", 0, relist=True)) == registry.listing("web")
    assert registry.answer(ViewRequest("web", 0, relist=False)) == registry.changes_since(0, "web")


def test_messages_reach_the_verb_of_their_kind() -> None:
    registry = Registry(CONFIG)
    assert registry.receive(Register(WEB), now=0).verdict is Verdict.ACCEPTED
    assert registry.receive(Heartbeat("web-0", 1), now=300).verdict is Verdict.ACCEPTED
    assert registry.sweep(now=600) == ()
    assert registry.receive(Deregister("web-0", 1), now=600).verdict is Verdict.ACCEPTED
    assert registry.services() == ()


def test_reading_changes_nothing() -> None:
    registry = registry_with(WEB)
    before = registry.snapshot()
    registry.healthy("web", now=5000)
    registry.listing()
    registry.changes_since(0)
    registry.next_deadline()
    assert registry.snapshot() == before
    assert registry.heartbeat("web-0", 1, now=1).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("field", ["lease_ns", "sweep_ns", "history_limit"])
def test_a_configuration_without_length_is_refused(field: str) -> None:
    with pytest.raises(ConfigError):
        Registry(replace(CONFIG, **{field: 0}))
