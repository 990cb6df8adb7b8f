"""Inhibition, by the vectors of semantics 4.5."""

from models.alerting.alert import Alert
from models.alerting.routing.inhibition import InhibitRule
from models.alerting.routing.matcher_text import read_matchers

RULE = InhibitRule(read_matchers("s=1"), read_matchers("t=1"), ("a",))
TARGET = (("a", "b"), ("t", "1"))


def source(*labels: tuple[str, str], ends_at_ns: int | None = None) -> Alert:
    return Alert((*labels, ("s", "1")), 0, ends_at_ns)


def test_without_a_source_nothing_is_muted() -> None:
    assert not RULE.mutes(TARGET, (), now=5)


def test_any_source_mutes_when_nothing_has_to_be_equal() -> None:
    rule = InhibitRule(RULE.source_matchers, RULE.target_matchers)
    assert rule.mutes(TARGET, [source(("a", "c"))], now=5)


def test_a_source_with_equal_labels_mutes_until_just_before_its_end() -> None:
    sources = [source(("a", "b"), ends_at_ns=6)]
    assert RULE.mutes(TARGET, sources, now=5)
    assert not RULE.mutes(TARGET, sources, now=6)


def test_a_source_with_another_value_does_not_mute() -> None:
    assert not RULE.mutes(TARGET, [source(("a", "c"))], now=5)


def test_labels_missing_on_both_sides_are_equal() -> None:
    assert RULE.mutes((("t", "1"),), [source()], now=5)
    assert not RULE.mutes(TARGET, [source()], now=5)


def test_what_is_no_target_is_not_muted() -> None:
    assert not RULE.mutes((("a", "b"),), [source(("a", "b"))], now=5)


def test_an_alert_of_both_sides_is_muted_by_a_pure_source_only() -> None:
    both = (("a", "b"), ("s", "1"), ("t", "1"))
    other = Alert((*both, ("x", "1")), 0)
    assert not RULE.mutes(both, [Alert(both, 0)], now=5)
    assert not RULE.mutes(both, [other], now=5)
    assert RULE.mutes(both, [source(("a", "b"))], now=5)
    assert RULE.mutes(TARGET, [other], now=5)
