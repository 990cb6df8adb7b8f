import pytest

from models.base.errors import ConfigError
from models.discovery.history import WatchHistory
from models.discovery.member import Member, Registration, Status
from models.discovery.messages import Cause, Change, ChangeKind, Changes, Compacted


def change(revision: int, service: str = "web") -> Change:
    member = Member(Registration(f"{service}-0", service, "a"), Status.UP, revision)
    return Change(revision, ChangeKind.UPDATED, Cause.STATUS_SET, member)


def history_of(count: int, *, limit: int = 100) -> WatchHistory:
    history = WatchHistory(limit)
    for revision in range(1, count + 1):
        history.append(change(revision))
    return history


def revisions(answer: Changes | Compacted) -> list[int]:
    assert isinstance(answer, Changes)
    return [c.revision for c in answer.changes]


def test_a_watcher_is_told_every_change_after_what_it_has_seen_in_order() -> None:
    assert revisions(history_of(5).since(2, "web")) == [3, 4, 5]


def test_a_watcher_that_is_up_to_date_is_told_nothing_new() -> None:
    assert history_of(5).since(5, "web") == Changes("web", 5, 5, ())


def test_changes_of_other_services_move_the_revision_only() -> None:
    history = history_of(1)
    history.append(change(2, "cart"))
    assert history.since(1, "web") == Changes("web", 1, 2, ())


def test_all_services_are_told_when_none_is_named() -> None:
    history = history_of(1)
    history.append(change(2, "cart"))
    assert revisions(history.since(0, None)) == [1, 2]


def test_catching_up_works_from_the_floor_and_not_from_before_it() -> None:
    history = history_of(5, limit=3)
    assert history.floor == 2
    assert revisions(history.since(2, "web")) == [3, 4, 5]
    assert history.since(1, "web") == Compacted("web", 1, 5)


def test_a_full_history_that_has_dropped_nothing_is_not_compacted() -> None:
    assert revisions(history_of(3, limit=3).since(0, "web")) == [1, 2, 3]


def test_a_revision_not_reached_yet_is_answered_with_compacted() -> None:
    assert history_of(5).since(6, "web") == Compacted("web", 6, 5)


def test_numbering_goes_on_from_the_first_revision_and_older_watchers_list_again() -> None:
    history = WatchHistory(10, first_revision=40)
    assert history.since(39, "web") == Compacted("web", 39, 40)
    history.append(change(41))
    assert revisions(history.since(40, "web")) == [41]


def test_a_skipped_revision_is_a_programming_error() -> None:
    with pytest.raises(AssertionError, match="skipped"):
        history_of(1).append(change(3))


def test_a_history_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ConfigError):
        WatchHistory(0)


def test_a_negative_first_revision_is_refused() -> None:
    with pytest.raises(ConfigError):
        WatchHistory(1, first_revision=-1)
