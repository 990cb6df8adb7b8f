"""The batching reporter: bounds, batches, timeouts, flushes; and a machine against a model."""

import dataclasses

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.telemetry.tracing.reporter import (
    TRANSITIONS,
    Abandon,
    BatchReporter,
    Export,
    Flushed,
    ReporterConfig,
    ReporterSignal,
    ReporterState,
)
from tests.models.telemetry.tracing.spans_by_hand import span

SMALL = ReporterConfig(queue_max=5, batch_max=2, schedule_delay_ns=100, export_timeout_ns=50)
SPANS = [span(number) for number in range(1, 40)]


def reporter(count=0, config=SMALL):
    made = BatchReporter(config)
    for one in SPANS[:count]:
        assert made.offer(one, now=0)
    return made


def numbers(action):
    return [one.span_id for one in action.spans]


def test_the_defaults_are_those_of_the_specification():
    assert ReporterConfig() == ReporterConfig(2048, 512, 5 * NS_PER_S, 30 * NS_PER_S)


def test_an_idle_reporter_wants_nothing():
    quiet = reporter()
    assert (quiet.next_deadline(), quiet.tick(now=10**12)) == (None, ())


def test_fewer_spans_than_a_batch_wait_for_the_delay():
    waiting = reporter(1)
    assert waiting.next_deadline() == 100
    assert waiting.tick(now=99) == ()
    (export,) = waiting.tick(now=100)
    assert (export.export_id, numbers(export)) == (1, [1])


def test_the_delay_runs_from_the_first_span():
    waiting = BatchReporter(dataclasses.replace(SMALL, batch_max=5))
    waiting.offer(SPANS[0], now=10)
    waiting.offer(SPANS[1], now=60)
    assert waiting.next_deadline() == 110


def test_a_full_batch_leaves_at_once():
    waiting = BatchReporter(SMALL)
    waiting.offer(SPANS[0], now=10)
    waiting.offer(SPANS[1], now=20)
    assert waiting.next_deadline() == 20
    (export,) = waiting.tick(now=20)
    assert numbers(export) == [1, 2]


def test_one_export_is_under_way_at_a_time():
    busy = reporter(5)
    (first,) = busy.tick(now=0)
    assert numbers(first) == [1, 2]
    assert (busy.tick(now=1), busy.next_deadline()) == ((), 50)
    assert busy.exported(1, now=10)
    assert busy.next_deadline() == 10
    (second,) = busy.tick(now=10)
    assert (second.export_id, numbers(second)) == (2, [3, 4])


def test_what_an_export_leaves_behind_waits_for_the_delay_after_it():
    busy = reporter(3)
    busy.tick(now=0)
    busy.exported(1, now=10)
    assert busy.next_deadline() == 110


def test_a_span_that_comes_during_an_export_keeps_its_own_delay():
    busy = reporter(2)
    busy.tick(now=0)
    busy.offer(SPANS[2], now=5)
    busy.exported(1, now=40)
    assert busy.next_deadline() == 105


def test_a_full_queue_drops_and_counts_what_comes():
    full = reporter(5)
    assert not full.offer(SPANS[5], now=0)
    assert (full.snapshot().dropped, full.snapshot().queued) == (1, 5)


def test_the_batch_under_way_leaves_room_in_the_queue():
    full = reporter(5)
    full.tick(now=0)
    assert [full.offer(SPANS[n], now=0) for n in (5, 6, 7)] == [True, True, False]


def test_an_export_that_takes_too_long_is_given_up_and_its_spans_are_lost():
    slow = reporter(3)
    slow.tick(now=0)
    assert slow.tick(now=49) == ()
    assert slow.tick(now=50) == (Abandon(1),)
    assert (slow.snapshot().failed, slow.snapshot().queued) == (2, 1)
    assert not slow.exported(1, now=51)
    assert slow.snapshot().exported == 0


def test_after_giving_up_the_next_batch_leaves_in_the_same_tick():
    slow = reporter(4)
    slow.tick(now=0)
    abandoned, export = slow.tick(now=50)
    assert (abandoned, export.export_id, numbers(export)) == (Abandon(1), 2, [3, 4])


def test_an_answer_to_an_earlier_export_changes_nothing():
    slow = reporter(4)
    slow.tick(now=0)
    slow.tick(now=50)
    assert not slow.failed(1, now=51)
    assert slow.snapshot().in_export == 2


def test_a_failed_batch_is_lost_and_not_retried():
    unlucky = reporter(2)
    unlucky.tick(now=0)
    assert unlucky.failed(1, now=5)
    assert (unlucky.snapshot().failed, unlucky.next_deadline()) == (2, None)


def test_a_span_that_is_not_sampled_is_none_of_its_business():
    local = dataclasses.replace(SPANS[0], context=dataclasses.replace(SPANS[0].context, flags=0))
    quiet = reporter()
    assert not quiet.offer(local, now=0)
    assert (quiet.snapshot().offered, quiet.snapshot().dropped) == (0, 0)


def test_a_flush_sends_everything_batch_by_batch_and_then_says_so():
    flushed = reporter(3)
    number = flushed.flush(now=7)
    assert flushed.next_deadline() == 0
    (first,) = flushed.tick(now=7)
    flushed.offer(SPANS[3], now=8)
    flushed.exported(first.export_id, now=9)
    (second,) = flushed.tick(now=9)
    assert numbers(second) == [3, 4]
    flushed.exported(second.export_id, now=12)
    assert flushed.tick(now=12) == (Flushed(number),)


def test_a_flush_does_not_wait_for_spans_that_come_after_it():
    flushed = reporter(1)
    flushed.flush(now=0)
    (first,) = flushed.tick(now=0)
    for one in SPANS[1:4]:
        flushed.offer(one, now=1)
    flushed.exported(first.export_id, now=2)
    told, _ = flushed.tick(now=2)
    assert told == Flushed(1)


def test_a_flush_of_nothing_is_done_at_once():
    quiet = reporter()
    quiet.flush(now=3)
    assert (quiet.next_deadline(), quiet.tick(now=3)) == (3, (Flushed(1),))


def test_shutting_down_drains_the_queue_and_takes_nothing_more():
    ending = reporter(1)
    number = ending.shut_down(now=5)
    assert ending.state is ReporterState.DRAINING
    assert not ending.offer(SPANS[1], now=5)
    (export,) = ending.tick(now=5)
    ending.exported(export.export_id, now=6)
    assert ending.tick(now=6) == (Flushed(number),)
    assert ending.state is ReporterState.CLOSED
    assert ending.snapshot().dropped == 1


@pytest.mark.parametrize("state", ReporterState)
@pytest.mark.parametrize("signal", ReporterSignal)
def test_only_the_listed_moves_happen(state, signal):
    allowed = {
        (ReporterState.OPEN, ReporterSignal.SHUT_DOWN): ReporterState.DRAINING,
        (ReporterState.DRAINING, ReporterSignal.DRAINED): ReporterState.CLOSED,
    }
    assert TRANSITIONS.get((state, signal)) == allowed.get((state, signal))


def test_a_second_shut_down_is_no_error():
    ending = reporter()
    ending.shut_down(now=0)
    ending.tick(now=0)
    ending.shut_down(now=1)
    assert ending.tick(now=1) == (Flushed(2),)
    assert ending.state is ReporterState.CLOSED


@pytest.mark.parametrize(
    "wrong",
    [{"queue_max": 0}, {"batch_max": 0}, {"schedule_delay_ns": 0}, {"export_timeout_ns": 0},
     {"queue_max": 4, "batch_max": 5}],
)  # fmt: skip
def test_bounds_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ConfigError, match="reporter"):
        BatchReporter(ReporterConfig(**({"queue_max": 9, "batch_max": 9} | wrong)))


class ReporterMachine(RuleBasedStateMachine):
    """Against a model that keeps every span in a list and where it is."""

    @initialize(queue=st.integers(1, 6), batch=st.integers(1, 6))
    def begin(self, queue, batch):
        self.config = ReporterConfig(max(queue, batch), batch, 20, 10)
        self.reporter = BatchReporter(self.config)
        self.now = 0
        self.queue, self.under_way, self.done, self.dropped = [], None, [], 0
        self.offered = 0

    @rule(wait=st.integers(0, 12))
    def wait(self, wait):
        self.now += wait

    @rule()
    def offer(self):
        one = span(self.offered + 1)
        self.offered += 1
        fits = len(self.queue) < self.config.queue_max
        assert self.reporter.offer(one, now=self.now) is fits
        if fits:
            self.queue.append(one)
        self.dropped += not fits

    @rule()
    def flush(self):
        self.reporter.flush(now=self.now)

    @rule(is_success=st.booleans())
    def answer(self, is_success):
        verb = self.reporter.exported if is_success else self.reporter.failed
        number = self.reporter.snapshot().batches
        assert verb(number, now=self.now) is (self.under_way is not None)
        if self.under_way is not None:
            self.done += self.under_way
            self.under_way = None

    @rule()
    def tick(self):
        actions = self.reporter.tick(now=self.now)
        for action in actions:
            if isinstance(action, Abandon):
                self.done += self.under_way
                self.under_way = None
            elif isinstance(action, Export):
                assert self.under_way is None
                assert 1 <= len(action.spans) <= self.config.batch_max
                assert list(action.spans) == self.queue[: len(action.spans)]
                self.under_way = list(action.spans)
                del self.queue[: len(action.spans)]
        following = self.reporter.next_deadline()
        assert following is None or following > self.now
        assert self.under_way or len(self.queue) < self.config.batch_max

    @invariant()
    def nothing_is_lost_and_nothing_counted_twice(self):
        if not hasattr(self, "reporter"):
            return
        seen = self.reporter.snapshot()
        assert seen == self.reporter.snapshot()
        assert seen.offered == self.offered
        assert seen.dropped == self.dropped
        assert seen.queued == len(self.queue)
        assert seen.in_export == len(self.under_way or [])
        assert seen.exported + seen.failed == len(self.done)


ReporterMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=40
)
TestReporter = ReporterMachine.TestCase
