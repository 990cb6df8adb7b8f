"""Windows of the breaker. Semantics 7.4, vectors of SlidingTimeWindowMetricsTest."""

import pytest

from models.traffic.breaker_window import (
    FOREVER,
    CountWindow,
    TimeWindow,
    WindowCounts,
)

MS = 1_000_000
S = 1_000 * MS


def test_five_seconds_keep_a_call_of_second_zero_until_second_five() -> None:
    """E at 0.0, S at 0.1 (50 %), slow E at 0.8; at 4.8 all counted, at 5.8 none."""
    window = TimeWindow(5)
    window.note(True, False, 0)
    window.note(False, False, 100 * MS)
    assert window.failures / window.calls == 0.5
    window.note(True, True, 800 * MS)
    assert window.counts(0, 4_800 * MS) == WindowCounts(3, 2, 1)
    assert window.counts(0, 5 * S - 1) == WindowCounts(3, 2, 1)
    assert window.counts(0, 5 * S) == WindowCounts(0, 0, 0)
    assert window.counts(0, 5_800 * MS) == WindowCounts(0, 0, 0)


def test_a_call_after_the_window_finds_it_empty() -> None:
    window = TimeWindow(5)
    window.note(True, True, 0)
    window.note(False, False, 5 * S)
    assert (window.calls, window.failures, window.slow) == (1, 0, 0)


def test_a_ring_counts_failed_and_slow_calls_apart_and_together() -> None:
    window = CountWindow(3)
    for is_failure, is_slow in [(True, True), (False, True), (True, False)]:
        window.note(is_failure, is_slow, 0)
    assert (window.calls, window.failures, window.slow) == (3, 2, 2)
    window.note(False, False, 0)
    assert (window.calls, window.failures, window.slow) == (3, 1, 1)


@pytest.mark.parametrize("bad", [(True, False), (False, True)])
@pytest.mark.parametrize("kind", [CountWindow, TimeWindow])
def test_nothing_is_quiet_while_a_failed_or_slow_call_is_in(
    kind: type[CountWindow] | type[TimeWindow], bad: tuple[bool, bool]
) -> None:
    window = kind(2)
    window.note(False, False, 0)
    assert window.quiet_until() > 0
    window.note(*bad, 0)
    assert window.quiet_until() == 0


def test_a_ring_is_quiet_for_ever_and_a_second_until_it_ends() -> None:
    ring, seconds = CountWindow(2), TimeWindow(2)
    for window in (ring, seconds):
        window.note(False, False, 3 * S + 5)
    assert ring.quiet_until() == FOREVER
    assert seconds.quiet_until() == 4 * S


def test_quiet_calls_fill_a_ring_no_further_than_its_size() -> None:
    window = CountWindow(3)
    assert window.counts(5, None) == WindowCounts(3, 0, 0)
    window.note_quiet(5)
    assert window.calls == 3


def test_quiet_calls_belong_to_the_second_before_they_are_handed_in() -> None:
    window = TimeWindow(2)
    window.note(False, False, 0)
    assert window.counts(4, 2 * S - 1) == WindowCounts(5, 0, 0)
    assert window.counts(4, 2 * S) == WindowCounts(0, 0, 0)
    window.note_quiet(4)
    window.note(True, False, 2 * S)
    assert window.calls == 1
