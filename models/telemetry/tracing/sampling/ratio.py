"""Keep a share of all traces, chosen by their ids.

Every service that knows the ratio comes to the same answer, and a trace kept at a ratio is kept
at every higher one. Deprecated upstream in favour of
:class:`~models.telemetry.tracing.sampling.probability.ProbabilitySampler`.

Source: OpenTelemetry Python SDK 1.45 ``TraceIdRatioBased``; semantics 14.1.
"""

from models.base.errors import ConfigError
from models.base.time import TimeNs
from models.telemetry.tracing.sampling.sampler import Candidate, SamplingDecision, SamplingResult

_SPACE = 2**64
_LOW_64 = _SPACE - 1


def ratio_bound(ratio: float) -> int:
    """How many of the 2**64 lower halves of a trace id are kept at this ratio."""
    return round(ratio * _SPACE)


class TraceIdRatioBased:
    """Keeps a trace iff the lower 64 bits of its id are below ``ratio`` * 2**64, rounded.

    The parent's decision is ignored.

    Raises:
        ConfigError: the ratio is not in [0, 1].
    """

    __slots__ = ("_bound", "_ratio")

    def __init__(self, ratio: float) -> None:
        if not 0.0 <= ratio <= 1.0:
            raise ConfigError(f"sampling ratio {ratio} is not in [0, 1]")
        self._ratio = ratio
        self._bound = ratio_bound(ratio)

    @property
    def bound(self) -> int:
        """The first lower half of a trace id that is not kept."""
        return self._bound

    @property
    def description(self) -> str:
        """``TraceIdRatioBased{0.1}``."""
        return f"TraceIdRatioBased{{{self._ratio}}}"

    def should_sample(self, candidate: Candidate, *, now: TimeNs) -> SamplingResult:  # noqa: ARG002
        """RECORD_AND_SAMPLE below the bound, else DROP."""
        is_kept = candidate.trace_id & _LOW_64 < self._bound
        decision = SamplingDecision.RECORD_AND_SAMPLE if is_kept else SamplingDecision.DROP
        return SamplingResult(decision, candidate.trace_state)
