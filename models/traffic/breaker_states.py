"""States of a circuit breaker, and the one table of what moves it from one to another.

The first five rows are the breaker's own doing. The rest is an operator's: every state can be
left for any of the four that operators choose.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from models.base.time import TimeNs


class BreakerState(Enum):
    """Passing, refusing, probing; and what operators impose.

    ``FORCED_OPEN`` refuses everything, ``DISABLED`` passes everything and counts nothing,
    ``METRICS_ONLY`` passes everything and counts it.
    """

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    DISABLED = "disabled"
    METRICS_ONLY = "metrics_only"


class BreakerSignal(Enum):
    """What makes a breaker change its state."""

    FAILING = "failing"
    WAITED = "waited"
    RECOVERED = "recovered"
    EXPIRED = "expired"
    FORCE_OPEN = "force_open"
    DISABLE = "disable"
    OBSERVE = "observe"
    CLOSE = "close"


_IMPOSED = (
    (BreakerSignal.FORCE_OPEN, BreakerState.FORCED_OPEN),
    (BreakerSignal.DISABLE, BreakerState.DISABLED),
    (BreakerSignal.OBSERVE, BreakerState.METRICS_ONLY),
    (BreakerSignal.CLOSE, BreakerState.CLOSED),
)

TRANSITIONS: Mapping[tuple[BreakerState, BreakerSignal], BreakerState] = MappingProxyType(
    {
        (BreakerState.CLOSED, BreakerSignal.FAILING): BreakerState.OPEN,
        (BreakerState.OPEN, BreakerSignal.WAITED): BreakerState.HALF_OPEN,
        (BreakerState.HALF_OPEN, BreakerSignal.FAILING): BreakerState.OPEN,
        (BreakerState.HALF_OPEN, BreakerSignal.RECOVERED): BreakerState.CLOSED,
        (BreakerState.HALF_OPEN, BreakerSignal.EXPIRED): BreakerState.OPEN,
    }
    | {(state, signal): after for state in BreakerState for signal, after in _IMPOSED}
)


@dataclass(frozen=True, slots=True)
class BreakerSnapshot:
    """A breaker for reports: counts are those of the present window.

    Ratios are None below the minimum of calls. ``half_open_at`` is the first instant at which an
    open breaker lets a probe through, None in the other states. ``refused`` counts over the
    breaker's whole life.
    """

    state: BreakerState
    epoch: int
    recorded: int
    failures: int
    failure_ratio: float | None
    permits_left: int
    half_open_at: TimeNs | None
    refused: int
    slow: int
    slow_ratio: float | None
