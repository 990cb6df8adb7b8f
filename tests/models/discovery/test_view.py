from dataclasses import replace

import pytest

from models.base.errors import SimulationError
from models.discovery.config import DiscoveryConfig
from models.discovery.member import Registration, Status
from models.discovery.messages import Changes, Compacted, Listing, ViewRequest
from models.discovery.registry import Registry
from models.discovery.view import NEVER_LISTED, NO_CHANGE, EndpointView, ViewDelta

WEB = Registration("web-0", "web", "a")
OTHER = Registration("web-1", "web", "b")
CONFIG = DiscoveryConfig(zone="a", lease_ns=300, history_limit=3)


def synced(*registrations: Registration) -> tuple[Registry, EndpointView]:
    registry, view = Registry(CONFIG), EndpointView("web")
    for registration in registrations:
        registry.register(registration, now=0)
    view.apply(registry.listing("web"))
    return registry, view


def exchange(registry: Registry, view: EndpointView) -> ViewDelta:
    return view.apply(registry.answer(view.request()))


def names(members: tuple) -> list[str]:
    return [member.instance for member in members]


def test_a_new_view_is_empty_and_asks_for_the_list() -> None:
    view = EndpointView("web")
    assert view.endpoints() == ()
    assert view.request() == ViewRequest("web", NEVER_LISTED, relist=True)


def test_the_first_list_adds_every_member_that_is_up() -> None:
    down = replace(OTHER, status=Status.DOWN)
    registry, view = Registry(CONFIG), EndpointView("web")
    registry.register(WEB, now=0)
    registry.register(down, now=0)
    delta = view.apply(registry.listing("web"))
    assert names(delta.added) == names(view.endpoints()) == ["web-0"]
    assert view.request() == ViewRequest("web", 2, relist=False)


def test_a_list_of_an_empty_registry_counts_as_a_list() -> None:
    _, view = synced()
    assert view.request() == ViewRequest("web", 0, relist=False)


def test_a_member_that_left_is_reported_as_removed() -> None:
    registry, view = synced(WEB, OTHER)
    registry.deregister("web-0", 1)
    delta = exchange(registry, view)
    assert (names(delta.removed), delta.added, delta.updated) == (["web-0"], (), ())


def test_a_member_that_goes_down_leaves_the_view_and_returns_when_it_is_up() -> None:
    registry, view = synced(WEB)
    registry.set_status("web-0", Status.DOWN, 1)
    assert names(exchange(registry, view).removed) == ["web-0"]
    registry.set_status("web-0", Status.UP, 1)
    assert names(exchange(registry, view).added) == ["web-0"]


def test_a_member_with_a_new_weight_is_reported_as_updated() -> None:
    registry, view = synced(WEB)
    registry.register(replace(WEB, weight=4), now=1)
    delta = exchange(registry, view)
    assert [m.registration.weight for m in delta.updated] == [4]
    assert (delta.added, delta.removed) == ((), ())


def test_a_member_that_left_and_returned_between_two_answers_is_an_update() -> None:
    registry, view = synced(WEB)
    registry.deregister("web-0", 1)
    registry.register(replace(WEB, incarnation=2), now=1)
    delta = exchange(registry, view)
    assert names(delta.updated) == ["web-0"]
    assert delta.removed == ()


def test_changes_of_other_services_move_the_revision_only() -> None:
    registry, view = synced(WEB)
    registry.register(replace(OTHER, service="cart"), now=1)
    assert exchange(registry, view).is_empty
    assert view.revision == 2


def test_a_member_that_moved_to_another_service_leaves_the_view() -> None:
    registry, view = synced(WEB)
    registry.register(replace(WEB, service="cart"), now=1)
    assert names(exchange(registry, view).removed) == ["web-0"]


def test_a_duplicated_answer_is_ignored() -> None:
    registry, view = synced(WEB)
    registry.deregister("web-0", 1)
    answer = registry.answer(view.request())
    view.apply(answer)
    assert view.apply(answer) is NO_CHANGE


def test_a_list_older_than_the_view_is_ignored() -> None:
    registry, view = synced(WEB)
    old = registry.listing("web")
    registry.deregister("web-0", 1)
    exchange(registry, view)
    assert view.apply(old) is NO_CHANGE
    assert view.endpoints() == ()


def test_changes_that_overlap_what_is_known_add_only_the_rest() -> None:
    registry, view = synced(WEB)
    registry.deregister("web-0", 1)
    registry.register(OTHER, now=1)
    whole = registry.changes_since(1, "web")
    assert isinstance(whole, Changes)
    view.apply(Changes("web", 1, 2, whole.changes[:1]))
    delta = view.apply(whole)
    assert (names(delta.added), delta.removed) == (["web-1"], ())
    assert view.revision == 3


def test_changes_that_begin_after_what_is_known_are_ignored() -> None:
    registry, view = synced(WEB)
    registry.deregister("web-0", 1)
    registry.register(OTHER, now=1)
    assert view.apply(registry.changes_since(2, "web")) is NO_CHANGE
    assert view.revision == 1


def test_a_view_that_fell_behind_lists_again() -> None:
    registry, view = synced(WEB)
    for incarnation in range(2, 8):
        registry.register(replace(WEB, incarnation=incarnation), now=1)
    assert exchange(registry, view) is NO_CHANGE
    assert names(view.endpoints()) == ["web-0"]
    assert view.request() == ViewRequest("web", 1, relist=True)
    assert [m.incarnation for m in exchange(registry, view).updated] == [7]
    assert not view.request().relist


def test_a_late_notice_of_compaction_is_ignored() -> None:
    registry, view = synced(WEB)
    view.apply(Compacted("web", 0, 9))
    assert not view.request().relist
    assert view.revision == registry.revision


def test_a_list_at_the_revision_already_known_ends_the_wish_for_one() -> None:
    registry, view = synced(WEB)
    view.apply(Compacted("web", 1, 2))
    registry.register(OTHER, now=1)
    view.apply(registry.changes_since(1, "web"))
    assert view.apply(registry.listing("web")).is_empty
    assert not view.request().relist


def test_a_registry_that_restarted_with_higher_revisions_is_followed() -> None:
    _, view = synced(WEB)
    restarted = Registry(CONFIG, first_revision=50)
    restarted.register(OTHER, now=0)
    exchange(restarted, view)
    delta = exchange(restarted, view)
    assert (names(delta.added), names(delta.removed)) == (["web-1"], ["web-0"])


def test_a_registry_that_lost_its_revisions_is_followed_and_the_view_kept_meanwhile() -> None:
    # PB21: a view must not stay behind for ever
    _, view = synced(WEB, OTHER)
    amnesiac = Registry(CONFIG)
    amnesiac.register(OTHER, now=0)
    assert exchange(amnesiac, view) is NO_CHANGE
    assert names(view.endpoints()) == ["web-0", "web-1"]
    assert names(exchange(amnesiac, view).removed) == ["web-0"]
    assert view.revision == 1


def test_the_last_view_stands_while_no_answer_comes() -> None:
    _, view = synced(WEB)
    for _ in range(3):
        view.request()
    assert names(view.endpoints()) == ["web-0"]


def test_endpoints_come_in_the_order_of_their_names() -> None:
    _, view = synced(OTHER, WEB)
    assert names(view.endpoints()) == ["web-0", "web-1"]


def test_an_answer_about_another_service_is_an_error_of_the_caller() -> None:
    view = EndpointView("web")
    with pytest.raises(SimulationError, match="cart"):
        view.apply(Listing("cart", 1, ()))
    assert view.revision == NEVER_LISTED
