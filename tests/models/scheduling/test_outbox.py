"""Repetition until answered, at the boundary of each period and count."""

import pytest

from models.base.errors import ConfigError
from models.scheduling.outbox import Outbox


def outbox() -> Outbox[str, str]:
    return Outbox(10)


def test_message_is_repeated_each_period_after_sending_and_not_before() -> None:
    sent = outbox()
    sent.put("a", "hello", now=5)
    assert sent.next_deadline() == 15
    assert sent.tick(now=14) == ()
    assert sent.tick(now=15) == ("hello",)
    assert sent.next_deadline() == 25


def test_answered_message_is_not_repeated() -> None:
    sent = outbox()
    sent.put("a", "hello", now=0)
    sent.settle("a")
    assert sent.next_deadline() is None
    assert sent.tick(now=100) == ()


def test_answer_to_what_is_not_waiting_changes_nothing() -> None:
    sent = outbox()
    sent.put("a", "hello", now=0)
    sent.settle("b")
    assert sent.unanswered == ("a",)


def test_late_tick_repeats_once_and_counts_from_then() -> None:
    sent = outbox()
    sent.put("a", "hello", now=0)
    assert sent.tick(now=95) == ("hello",)
    assert sent.next_deadline() == 105


def test_messages_due_together_go_out_oldest_first() -> None:
    sent = outbox()
    sent.put("b", "first", now=0)
    sent.put("a", "second", now=0)
    assert sent.tick(now=10) == ("first", "second")


def test_newer_message_of_a_key_replaces_the_older() -> None:
    sent = outbox()
    sent.put("a", "old", now=0)
    sent.put("a", "new", now=5)
    assert sent.tick(now=10) == ()
    assert sent.tick(now=15) == ("new",)


def test_message_is_given_up_after_its_last_repetition() -> None:
    sent = outbox()
    sent.put("a", "hello", now=0, resends_max=2)
    assert [sent.tick(now=now) for now in (10, 20, 30)] == [("hello",), ("hello",), ()]
    assert sent.next_deadline() is None


def test_message_that_may_not_be_repeated_does_not_wait() -> None:
    sent = outbox()
    sent.put("a", "hello", now=0, resends_max=0)
    assert sent.unanswered == ()


def test_period_must_be_positive() -> None:
    with pytest.raises(ConfigError, match="positive"):
        Outbox(0)
