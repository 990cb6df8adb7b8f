"""A span while it lasts: facts, limits, status rules, and that it ends once."""

import pytest

from models.base.errors import ConfigError, SimulationError
from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.spans.attributes import AttributeLimits
from models.telemetry.tracing.spans.live import STATUS_MOVES, LiveSpan, SpanLimits, SpanStart
from models.telemetry.tracing.spans.span import (
    Dropped,
    Resource,
    SpanKind,
    Status,
    StatusCode,
)

UNSET, OK, ERROR = StatusCode.UNSET, StatusCode.OK, StatusCode.ERROR
OTHER = SpanContext(8, 9)
DEFAULTS = SpanLimits()


def live(*, is_recorded=True, limits=DEFAULTS, start_ns=100):
    start = SpanStart(SpanContext(1, 2, 1), 3, "GET /", SpanKind.SERVER, Resource("web"), start_ns)
    return LiveSpan(start, limits, is_recorded=is_recorded)


def test_a_finished_span_holds_what_was_said():
    span = live()
    span.rename("GET /cart")
    span.set_attribute("a", 1)
    span.add_event("cache miss", {"key": "x"}, now=120)
    span.add_link(OTHER, {"why": "batch"})
    span.set_status(ERROR, "no stock")
    done = span.end(now=150)
    assert (done.name, done.kind, done.service, done.parent_id) == (
        "GET /cart", SpanKind.SERVER, "web", 3,
    )  # fmt: skip
    assert (done.start_ns, done.end_ns, done.duration_ns) == (100, 150, 50)
    assert dict(done.attributes) == {"a": 1}
    (event,), (link,) = done.events, done.links
    assert (event.name, event.time_ns, dict(event.attributes)) == ("cache miss", 120, {"key": "x"})
    assert (link.context, dict(link.attributes)) == (OTHER, {"why": "batch"})
    assert (done.status, done.is_error) == (Status(ERROR, "no stock"), True)


def test_a_span_is_collected_once_and_never_at_its_start():
    """naive_defects: a span is collected at start and again at end."""
    span = live()
    assert [span.end(now=150) is None, span.end(now=151) is None] == [False, True]


def test_nothing_is_taken_after_the_end():
    span = live()
    done = span.end(now=150)
    span.set_attribute("late", 1)
    span.add_event("late", now=151)
    span.add_link(OTHER)
    span.set_status(ERROR)
    span.rename("late")
    assert not span.is_recording
    assert span.end(now=160) is None
    assert (done.name, dict(done.attributes), done.events, done.status.code) == (
        "GET /", {}, (), UNSET,
    )  # fmt: skip


def test_a_span_that_is_not_recorded_returns_nothing_but_has_a_context():
    span = live(is_recorded=False)
    span.set_attribute("a", 1)
    assert not span.is_recording
    assert span.context.trace_id == 1
    assert span.end(now=150) is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], Status(UNSET)),
        ([(OK, "ignored")], Status(OK)),
        ([(ERROR, "a")], Status(ERROR, "a")),
        ([(ERROR, "a"), (ERROR, "b")], Status(ERROR, "b")),
        ([(ERROR, "a"), (OK, "")], Status(OK)),
        ([(OK, ""), (ERROR, "late")], Status(OK)),
        ([(OK, ""), (UNSET, "")], Status(OK)),
        ([(ERROR, "a"), (UNSET, "")], Status(ERROR, "a")),
        ([(UNSET, "a")], Status(UNSET)),
    ],
)
def test_ok_is_final_errors_replace_each_other_and_unset_is_ignored(asked, expected):
    span = live()
    for code, message in asked:
        span.set_status(code, message)
    assert span.end(now=150).status == expected


def test_the_table_has_no_way_out_of_ok_and_none_to_unset():
    assert not [pair for pair in STATUS_MOVES if pair[0] is OK or pair[1] is UNSET]


def test_events_and_links_beyond_their_limits_are_counted():
    span = live(limits=SpanLimits(AttributeLimits(1), events_max=1, links_max=1))
    for number in range(3):
        span.set_attribute(f"k{number}", number)
        span.add_event(f"e{number}", now=100)
        span.add_link(OTHER)
    done = span.end(now=150)
    assert done.dropped == Dropped(2, 2, 2)
    assert [event.name for event in done.events] == ["e0"]
    assert len(done.links) == 1


def test_events_and_links_have_attribute_limits_of_their_own():
    limits = SpanLimits(AttributeLimits(9, 2), event_attributes_max=1, link_attributes_max=0)
    span = live(limits=limits)
    span.add_event("e", {"a": "xyz", "b": 1}, now=100)
    span.add_link(OTHER, {"a": 1})
    done = span.end(now=100)
    assert (dict(done.events[0].attributes), done.events[0].dropped_attributes) == ({"a": "xy"}, 1)
    assert (dict(done.links[0].attributes), done.links[0].dropped_attributes) == ({}, 1)


def test_the_defaults_are_those_of_the_specification():
    limits = SpanLimits()
    assert (limits.attributes.count_max, limits.events_max, limits.links_max) == (128, 128, 128)
    assert (limits.event_attributes_max, limits.link_attributes_max) == (128, 128)


def test_a_span_may_last_no_time_but_not_less():
    assert live(start_ns=100).end(now=100).duration_ns == 0
    with pytest.raises(SimulationError, match="before it starts"):
        live(start_ns=100).end(now=99)


def test_negative_limits_are_refused():
    with pytest.raises(ConfigError):
        SpanLimits(events_max=-1)
