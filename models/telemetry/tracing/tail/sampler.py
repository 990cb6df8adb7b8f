"""The tail sampler: holds the spans of each trace for a while, then keeps all or none.

A trace is decided ``decision_wait_ns`` after its first span came in, whether or not it is
complete. Spans that come later follow the decision. Traces beyond ``traces_max`` push out the one
that has waited longest, undecided: it is dropped, and counted as such. Decisions are remembered
for the last ``decisions_max`` traces; a span that comes after its trace was forgotten begins to
wait anew, and its trace may then be kept in part (``forgotten`` counts the decisions let go).

Source: OpenTelemetry Collector contrib, tailsamplingprocessor (decision_wait 30 s, num_traces
50000); semantics 14.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.telemetry.tracing.spans.span import Span
from models.telemetry.tracing.tail.policies import TailPolicy


@dataclass(frozen=True, slots=True)
class TailConfig:
    """How long to wait for the rest of a trace, and how much to hold in mind."""

    decision_wait_ns: DurationNs = 30 * NS_PER_S
    traces_max: int = 50_000
    decisions_max: int = 100_000


@dataclass(frozen=True, slots=True)
class TailDecision:
    """What became of a trace. ``policy`` is the first that kept it, empty when none did.

    ``spans`` are all that came in before, to be passed on if ``is_kept``.
    """

    trace_id: int
    is_kept: bool
    policy: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class TailSnapshot:
    """A tail sampler for reports; counts are traces, but for the two of late spans."""

    waiting: int
    kept: int
    dropped: int
    pushed_out: int
    late_kept_spans: int
    late_dropped_spans: int
    forgotten: int


@dataclass(slots=True)
class _Waiting:
    decide_at_ns: TimeNs
    spans: list[Span]


class TailSampler:
    """Decides about whole traces with a list of policies; one yes keeps a trace.

    ``now`` is monotonic ns of the collector and never goes back.

    Raises:
        ConfigError: a bound below 1, or no policy.
    """

    __slots__ = (
        "_config", "_decisions", "_dropped", "_forgotten", "_kept", "_late_dropped", "_late_kept",
        "_policies", "_pushed_out", "_waiting",
    )  # fmt: skip

    def __init__(self, policies: Sequence[TailPolicy], config: TailConfig | None = None) -> None:
        self._config = TailConfig() if config is None else config
        _check(self._config, policies)
        self._policies = tuple(policies)
        self._waiting: dict[int, _Waiting] = {}
        self._decisions: dict[int, bool] = {}
        self._kept = self._dropped = self._pushed_out = self._forgotten = 0
        self._late_kept = self._late_dropped = 0

    def offer(self, span: Span, *, now: TimeNs) -> bool:
        """Take a span. True if it came late to a kept trace and is to be passed on now."""
        decision = self._decisions.get(span.trace_id)
        if decision is not None:
            self._late_kept += decision
            self._late_dropped += not decision
            return decision
        waiting = self._waiting.get(span.trace_id)
        if waiting is None:
            if len(self._waiting) >= self._config.traces_max:
                self._push_out()
            decide_at_ns = now + self._config.decision_wait_ns
            self._waiting[span.trace_id] = _Waiting(decide_at_ns, [span])
        else:
            waiting.spans.append(span)
        return False

    def next_deadline(self) -> TimeNs | None:
        """When the trace that has waited longest is decided; None when none waits."""
        first = next(iter(self._waiting.values()), None)
        return None if first is None else first.decide_at_ns

    def tick(self, *, now: TimeNs) -> tuple[TailDecision, ...]:
        """Decide every trace that has waited long enough, in the order of their first spans."""
        decisions = []
        while self._waiting:
            trace_id, waiting = next(iter(self._waiting.items()))
            if now < waiting.decide_at_ns:
                break
            del self._waiting[trace_id]
            decisions.append(self._decide(trace_id, tuple(waiting.spans), now))
        return tuple(decisions)

    def snapshot(self) -> TailSnapshot:
        """Counts over its whole life. Changes nothing."""
        return TailSnapshot(
            waiting=len(self._waiting),
            kept=self._kept,
            dropped=self._dropped,
            pushed_out=self._pushed_out,
            late_kept_spans=self._late_kept,
            late_dropped_spans=self._late_dropped,
            forgotten=self._forgotten,
        )

    def _decide(self, trace_id: int, spans: tuple[Span, ...], now: TimeNs) -> TailDecision:
        for policy in self._policies:
            if policy.keeps(spans, now=now):
                self._kept += 1
                self._remember(trace_id, is_kept=True)
                return TailDecision(trace_id, is_kept=True, policy=policy.name, spans=spans)
        self._dropped += 1
        self._remember(trace_id, is_kept=False)
        return TailDecision(trace_id, is_kept=False, policy="", spans=spans)

    def _push_out(self) -> None:
        trace_id = next(iter(self._waiting))
        del self._waiting[trace_id]
        self._pushed_out += 1
        self._remember(trace_id, is_kept=False)

    def _remember(self, trace_id: int, *, is_kept: bool) -> None:
        if len(self._decisions) >= self._config.decisions_max:
            del self._decisions[next(iter(self._decisions))]
            self._forgotten += 1
        self._decisions[trace_id] = is_kept


def _check(config: TailConfig, policies: Sequence[TailPolicy]) -> None:
    for name in ("decision_wait_ns", "traces_max", "decisions_max"):
        if getattr(config, name) < 1:
            raise ConfigError(f"tail sampling: {name} must be at least 1")
    if not policies:
        raise ConfigError("tail sampling: without a policy nothing would be kept")
