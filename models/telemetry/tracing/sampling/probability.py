"""Consistent probability sampling: like a ratio, and the trace says how it was chosen.

A kept span carries its rejection threshold in the trace state (``ot=th:...``), so whoever counts
kept spans knows how many each stands for, and samplers further on can tighten the choice.

Source: OpenTelemetry specification, ``ProbabilitySampler``; semantics 14.1.
"""

from models.base.time import TimeNs
from models.telemetry.tracing.sampling.sampler import Candidate, SamplingDecision, SamplingResult
from models.telemetry.tracing.sampling.threshold import (
    PRECISION,
    randomness,
    threshold,
    with_threshold,
)


class ProbabilitySampler:
    """Keeps a trace iff its randomness R is at or above T = (1 - probability) * 2**56.

    R is ``rv`` of the trace state, else the lower 56 bits of the trace id. The parent's decision
    is ignored. A dropped span loses its ``th``: no threshold chose it.

    Raises:
        ConfigError: probability not in [2**-56, 1], or precision not in [1, 14].
    """

    __slots__ = ("_probability", "_threshold")

    def __init__(self, probability: float, precision: int = PRECISION) -> None:
        self._threshold = threshold(probability, precision)
        self._probability = probability

    @property
    def threshold(self) -> int:
        """T, in [0, 2**56)."""
        return self._threshold

    @property
    def description(self) -> str:
        """``ProbabilitySampler{0.1}``."""
        return f"ProbabilitySampler{{{self._probability}}}"

    def should_sample(self, candidate: Candidate, *, now: TimeNs) -> SamplingResult:  # noqa: ARG002
        """RECORD_AND_SAMPLE with ``th`` when R >= T, else DROP."""
        state = candidate.trace_state
        if randomness(state, candidate.trace_id) >= self._threshold:
            decision, rejected = SamplingDecision.RECORD_AND_SAMPLE, self._threshold
            return SamplingResult(decision, with_threshold(state, rejected))
        return SamplingResult(SamplingDecision.DROP, with_threshold(state, None))
