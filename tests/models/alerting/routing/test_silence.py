"""Silences (semantics 4.6)."""

from dataclasses import replace

import pytest

from models.alerting.routing.matcher_text import read_matchers
from models.alerting.routing.silence import Silence, Silences, SilenceState
from models.base.errors import ConfigError

SILENCE = Silence(read_matchers("a=1,b=~.*"), 10, 20, "ann", "upgrade")
LABELS = (("a", "1"),)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (9, SilenceState.PENDING),
        (10, SilenceState.ACTIVE),
        (19, SilenceState.ACTIVE),
        (20, SilenceState.EXPIRED),
    ],
)
def test_is_active_from_its_start_until_just_before_its_end(now: int, state: SilenceState) -> None:
    silences = Silences()
    key = silences.add(SILENCE, now=0)
    assert silences[key].state(now=now) is state
    assert silences.muting(LABELS, now=now) == ((key,) if state is SilenceState.ACTIVE else ())


def test_mutes_only_what_satisfies_all_matchers() -> None:
    silences = Silences()
    silences.add(SILENCE, now=0)
    assert silences.muting((("a", "2"),), now=15) == ()


def test_begins_now_at_the_earliest() -> None:
    silences = Silences()
    assert silences[silences.add(SILENCE, now=12)].starts_at_ns == 12


def test_a_later_end_or_another_comment_is_changed_in_place() -> None:
    silences = Silences()
    key = silences.add(SILENCE, now=0)
    assert silences.edit(key, replace(SILENCE, ends_at_ns=30, comment="longer"), now=15) == key
    assert silences.muting(LABELS, now=29) == (key,)


def test_other_matchers_expire_the_old_one_and_make_a_new_one() -> None:
    silences = Silences()
    key = silences.add(SILENCE, now=0)
    new = silences.edit(key, replace(SILENCE, matchers=read_matchers("a=2")), now=15)
    assert new != key
    assert silences[key].ends_at_ns == 15
    assert silences[new].starts_at_ns == 15


def test_another_start_of_an_active_one_makes_a_new_one() -> None:
    silences = Silences()
    key = silences.add(SILENCE, now=0)
    assert silences.edit(key, replace(SILENCE, starts_at_ns=16), now=10) != key


def test_another_start_of_a_pending_one_is_changed_in_place() -> None:
    silences = Silences()
    key = silences.add(SILENCE, now=0)
    assert silences.edit(key, replace(SILENCE, starts_at_ns=9), now=9) == key


def test_a_pending_one_cannot_have_begun_in_the_past() -> None:
    silences = Silences()
    key = silences.add(SILENCE, now=0)
    new = silences.edit(key, replace(SILENCE, starts_at_ns=8), now=9)
    assert (new != key, silences[new].starts_at_ns) == (True, 9)


def test_an_expired_one_is_not_revived() -> None:
    silences = Silences()
    key = silences.add(SILENCE, now=0)
    assert silences.edit(key, replace(SILENCE, ends_at_ns=40), now=20) != key
    assert silences[key].ends_at_ns == 20


def test_expiring_ends_it_now_and_once() -> None:
    silences = Silences()
    key = silences.add(SILENCE, now=0)
    assert silences.expire(key, now=15)
    assert silences.muting(LABELS, now=15) == ()
    assert not silences.expire(key, now=16)


@pytest.mark.parametrize(
    "bad",
    [
        replace(SILENCE, matchers=()),
        replace(SILENCE, matchers=read_matchers("b=~.*")),
        replace(SILENCE, ends_at_ns=5),
        replace(SILENCE, ends_at_ns=10),
    ],
)
def test_bad_silences_are_refused(bad: Silence) -> None:
    with pytest.raises(ConfigError):
        Silences().add(bad, now=5)


@pytest.mark.parametrize(("ends_at", "is_allowed"), [(100, False), (101, True)])
def test_a_silence_must_end_after_now(ends_at: int, is_allowed: bool) -> None:
    silence = Silence(read_matchers("a=b"), 0, ends_at)
    if is_allowed:
        assert Silences().add(silence, now=100) == 1
    else:
        with pytest.raises(ConfigError, match="in the past"):
            Silences().add(silence, now=100)
