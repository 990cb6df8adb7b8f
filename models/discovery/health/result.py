"""What came of one probe, and what a target's health can be."""

from dataclasses import dataclass
from enum import StrEnum

from models.discovery.health.config import HttpProbe


class Health(StrEnum):
    """Whether a target can be given work. ``DEGRADED`` can, if nobody better is there."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"

    @property
    def serves(self) -> bool:
        """True if the target can be given work."""
        return self in (Health.HEALTHY, Health.DEGRADED)


class Answer(StrEnum):
    """How one probe ended. ``CONDEMNED`` is a failure that needs no second."""

    PASSED = "passed"
    DEGRADED = "degraded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CONDEMNED = "condemned"

    @property
    def is_success(self) -> bool:
        """True if the target answered as one that serves."""
        return self in (Answer.PASSED, Answer.DEGRADED)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """An answer, one line for people, and details as names and values."""

    answer: Answer
    message: str = ""
    details: tuple[tuple[str, str], ...] = ()


def of_http_status(probe: HttpProbe, status: int) -> ProbeResult:
    """What a response status means to an HTTP probe.

    Source: Envoy ``http_health_check``; semantics 7.1.
    """
    message = f"{probe.method} {probe.path} answered {status}"
    if _is_in(status, probe.expected):
        return ProbeResult(Answer.PASSED, message)
    if probe.counts_unexpected or _is_in(status, probe.retriable):
        return ProbeResult(Answer.FAILED, message)
    return ProbeResult(Answer.CONDEMNED, message)


def of_connection(*, is_accepted: bool) -> ProbeResult:
    """What a connection attempt means to a TCP probe."""
    if is_accepted:
        return ProbeResult(Answer.PASSED, "connection accepted")
    return ProbeResult(Answer.FAILED, "connection refused")


def _is_in(status: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= status <= high for low, high in ranges)
