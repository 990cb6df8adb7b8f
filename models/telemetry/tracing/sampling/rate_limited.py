"""At most so many traces a second, however many begin.

The choice depends on when a span begins and not on its trace, so two services that limit on their
own keep different traces: use it at the root, under a parent-based sampler.
"""

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.telemetry.tracing.sampling.sampler import Candidate, SamplingDecision, SamplingResult


class RateLimited:
    """Token bucket: ``rate_per_s`` tokens a second, at most ``burst`` of them saved up.

    The bucket begins full. One token comes every ``round(1e9 / rate_per_s)`` ns, exactly; the
    state is the instant at which the bucket would be full again, so a decision is O(1). ``burst``
    is by default what one second brings, at least 1.

    Raises:
        ConfigError: the rate is not in (0, 1e9], or the burst is below 1.

    Source: Jaeger's rate-limiting sampler for the default burst; the arithmetic is that of GCRA.
    """

    __slots__ = ("_allowance_ns", "_full_at_ns", "_interval_ns", "_rate_per_s", "refused")

    def __init__(self, rate_per_s: float, burst: int | None = None) -> None:
        if not 0.0 < rate_per_s <= NS_PER_S:
            raise ConfigError(f"sampling rate {rate_per_s} per second is not in (0, 1e9]")
        tokens = max(1, int(rate_per_s)) if burst is None else burst
        if tokens < 1:
            raise ConfigError(f"a burst of {tokens} would keep nothing")
        self._rate_per_s = rate_per_s
        self._interval_ns: DurationNs = round(NS_PER_S / rate_per_s)
        self._allowance_ns: DurationNs = (tokens - 1) * self._interval_ns
        self._full_at_ns: TimeNs | None = None
        self.refused = 0

    @property
    def description(self) -> str:
        """``RateLimited{5.0}``."""
        return f"RateLimited{{{self._rate_per_s}}}"

    def should_sample(self, candidate: Candidate, *, now: TimeNs) -> SamplingResult:
        """RECORD_AND_SAMPLE while there are tokens, else DROP."""
        full_at = now if self._full_at_ns is None else max(now, self._full_at_ns)
        if full_at - now > self._allowance_ns:
            self.refused += 1
            return SamplingResult(SamplingDecision.DROP, candidate.trace_state)
        self._full_at_ns = full_at + self._interval_ns
        return SamplingResult(SamplingDecision.RECORD_AND_SAMPLE, candidate.trace_state)
