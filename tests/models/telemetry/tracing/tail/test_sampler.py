"""The tail sampler: waiting, deciding, late spans, bounds; and a machine against a model."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.telemetry.tracing.tail.policies import HasStatus, KeepAll, SlowerThan
from models.telemetry.tracing.tail.sampler import TailConfig, TailSampler
from tests.models.telemetry.tracing.spans_by_hand import ERROR, span

ERRORS = (HasStatus(),)


def sampler(policies=ERRORS, **bounds):
    return TailSampler(policies, TailConfig(**({"decision_wait_ns": 30} | bounds)))


def test_the_defaults_are_those_of_the_collector():
    assert TailConfig().decision_wait_ns == 30 * NS_PER_S
    assert TailConfig().traces_max == 50_000


def test_a_trace_is_decided_when_the_wait_since_its_first_span_is_over():
    tail = sampler()
    tail.offer(span(1), now=5)
    tail.offer(span(2, parent=1, status=ERROR), now=34)
    assert tail.next_deadline() == 35
    assert tail.tick(now=34) == ()
    (decision,) = tail.tick(now=35)
    assert (decision.is_kept, decision.policy) == (True, "status_code")
    assert [one.span_id for one in decision.spans] == [1, 2]
    assert tail.next_deadline() is None


def test_a_trace_that_no_policy_wants_is_dropped_whole():
    tail = sampler()
    tail.offer(span(1), now=0)
    (decision,) = tail.tick(now=30)
    assert (decision.is_kept, decision.policy, len(decision.spans)) == (False, "", 1)


def test_the_first_policy_that_keeps_gives_its_name():
    tail = sampler((SlowerThan(5), KeepAll()))
    tail.offer(span(1, 0, 5), now=0)
    tail.offer(span(1, 0, 4, trace=2), now=0)
    assert [decision.policy for decision in tail.tick(now=30)] == ["latency", "always"]


@pytest.mark.parametrize(("status", "is_kept"), [(ERROR, True), (span(1).status, False)])
def test_a_late_span_follows_the_decision(status, is_kept):
    tail = sampler()
    assert not tail.offer(span(1, status=status), now=0)
    tail.tick(now=30)
    assert tail.offer(span(2, status=ERROR), now=31) is is_kept
    assert tail.next_deadline() is None
    seen = tail.snapshot()
    assert (seen.late_kept_spans, seen.late_dropped_spans) == (is_kept, not is_kept)


def test_the_trace_that_waited_longest_makes_room_and_its_late_spans_are_dropped_too():
    tail = sampler((KeepAll(),), traces_max=2)
    for trace in (1, 2, 3):
        tail.offer(span(1, trace=trace), now=trace)
    assert not tail.offer(span(2, trace=1), now=4)
    assert [decision.trace_id for decision in tail.tick(now=99)] == [2, 3]
    assert (tail.snapshot().pushed_out, tail.snapshot().late_dropped_spans) == (1, 1)


def test_a_full_buffer_still_takes_spans_of_the_traces_it_holds():
    tail = sampler((KeepAll(),), traces_max=1)
    tail.offer(span(1), now=0)
    tail.offer(span(2), now=1)
    (decision,) = tail.tick(now=30)
    assert len(decision.spans) == 2


def test_a_decision_that_was_let_go_is_counted_and_its_trace_waits_anew():
    tail = sampler((KeepAll(),), decisions_max=1)
    for trace in (1, 2):
        tail.offer(span(1, trace=trace), now=0)
    tail.tick(now=30)
    assert tail.snapshot().forgotten == 1
    assert not tail.offer(span(2, trace=1), now=31)
    assert tail.next_deadline() == 61
    assert tail.offer(span(2, trace=2), now=31)


@pytest.mark.parametrize(
    "bounds", [{"decision_wait_ns": 0}, {"traces_max": 0}, {"decisions_max": 0}]
)
def test_bounds_below_one_are_refused(bounds):
    with pytest.raises(ConfigError):
        sampler(**bounds)


def test_without_a_policy_nothing_would_be_kept():
    with pytest.raises(ConfigError, match="policy"):
        sampler(())


class TailMachine(RuleBasedStateMachine):
    """Against a model that keeps every trace in a dictionary; only whole traces leave."""

    @initialize(room=st.integers(1, 4))
    def begin(self, room):
        self.tail = sampler(traces_max=room)
        self.room, self.now, self.spans = room, 0, 0
        self.waiting, self.decided = {}, {}
        self.passed, self.offered = {}, {}

    @rule(wait=st.integers(0, 20))
    def wait(self, wait):
        self.now += wait

    @rule(trace=st.integers(1, 8), is_error=st.booleans())
    def offer(self, trace, is_error):
        self.spans += 1
        one = span(self.spans, trace=trace, **({"status": ERROR} if is_error else {}))
        passes = self.tail.offer(one, now=self.now)
        assert passes is self.decided.get(trace, False)
        self.offered.setdefault(trace, []).append(one)
        if passes:
            self.passed[trace].append(one)
        elif trace not in self.decided:
            if trace not in self.waiting and len(self.waiting) == self.room:
                pushed = min(self.waiting, key=lambda t: self.waiting[t][0])
                del self.waiting[pushed]
                self.decided[pushed] = False
            self.waiting.setdefault(trace, (len(self.offered) + self.spans, self.now, []))[
                2
            ].append(one)

    @rule()
    def tick(self):
        due = [t for t, (_, first, _) in self.waiting.items() if self.now >= first + 30]
        decisions = self.tail.tick(now=self.now)
        assert [decision.trace_id for decision in decisions] == due
        for decision in decisions:
            _, _, spans = self.waiting.pop(decision.trace_id)
            assert list(decision.spans) == spans
            assert decision.is_kept is any(one.is_error for one in spans)
            self.decided[decision.trace_id] = decision.is_kept
            if decision.is_kept:
                self.passed[decision.trace_id] = list(decision.spans)
        following = self.tail.next_deadline()
        assert following is None or following > self.now

    @invariant()
    def only_whole_traces_have_left(self):
        if not hasattr(self, "tail"):
            return
        for trace, spans in self.passed.items():
            assert spans == self.offered[trace]
        assert self.tail.snapshot().waiting == len(self.waiting) <= self.room


TailMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=50
)
TestTail = TailMachine.TestCase
