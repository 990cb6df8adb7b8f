"""Budget over a window: retries are a share of the first tries of the last seconds."""

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, TimeNs
from models.traffic.budget.base import DENIED, THOUSANDTHS, thousandths
from models.traffic.config import WindowBudgetConfig
from models.traffic.rolling_counts import RollingCounts

_BUCKETS = 10
_FIRST_TRIES, _RETRIES = range(2)
_GRANTED = 1


class WindowBudget:
    """Retries in the window, this one included, <= ratio * first tries in it + the minimum.

    Both first tries and retries are forgotten when they leave the window, a tenth of it at a
    time.

    Source: Finagle ``RetryBudget`` (ttl 10 s, 10 a second, 20 %), Linkerd; semantics 8.2.

    Raises:
        ConfigError: a ratio that is not whole thousandths, a negative minimum, or a window that
            is not whole tenths of seconds.
    """

    __slots__ = ("_minimum", "_ratio", "_rolling")

    def __init__(self, config: WindowBudgetConfig) -> None:
        self._ratio = thousandths("retry budget", config.ratio)
        if config.retries_min_per_s < 0:
            raise ConfigError("retry budget: retries_min_per_s must not be negative")
        if config.window_ns < 1 or config.window_ns % (NS_PER_S // _BUCKETS):
            raise ConfigError("retry budget: the window must be whole tenths of a second")
        self._minimum = THOUSANDTHS * config.retries_min_per_s * config.window_ns // NS_PER_S
        width_ns = config.window_ns // _BUCKETS
        self._rolling = RollingCounts(columns=2, buckets=_BUCKETS, width_ns=width_ns)

    def retries_left(self, now: TimeNs) -> int:
        """Retries that would be granted at ``now``, one after the other. Changes nothing."""
        first_tries, retries = self._rolling.totals_at(now)
        return max(0, (self._minimum + self._ratio * first_tries) // THOUSANDTHS - retries)

    def sent(self, ticket: int, now: TimeNs, /) -> None:
        """A first try earns its share."""
        if not ticket:
            self._rolling.advance(now)
            self._rolling.add(_FIRST_TRIES)

    def try_retry(self, _outcome: int, now: TimeNs, /) -> int:
        """A ticket if the window has room for one more."""
        self._rolling.advance(now)
        first_tries, retries = self._rolling.totals
        if (retries + 1) * THOUSANDTHS > self._minimum + self._ratio * first_tries:
            return DENIED
        self._rolling.add(_RETRIES)
        return _GRANTED

    def ended(self, _ticket: int, _is_failure: bool, _now: TimeNs, /) -> None:
        """How a try ends makes no difference."""

    def abandoned(self, _ticket: int, _now: TimeNs, /) -> None:
        """How a try ends makes no difference."""

    def withdrawn(self, _ticket: int, _now: TimeNs, /) -> None:
        """What was taken stays taken until it leaves the window."""
