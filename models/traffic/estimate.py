"""Running estimates of how long things take: a moving average and a recent percentile.

Both are made of exact operations only, so what is decided from them is the same everywhere.
"""

from collections import deque

from models.base.errors import ConfigError
from models.base.percentile import rank
from models.base.portable import exp
from models.base.time import DurationNs, TimeNs


class MovingAverage:
    """Exponentially weighted: each value moves the average by ``weight`` of the difference.

    ``value`` is None before the first value, which becomes the average.

    Raises:
        ConfigError: the weight is not in (0, 1].
    """

    __slots__ = ("_weight", "value")

    def __init__(self, weight: float) -> None:
        if not 0.0 < weight <= 1.0:
            raise ConfigError(f"moving average: weight {weight} is not in (0, 1]")
        self._weight = weight
        self.value: float | None = None

    def add(self, value: float) -> None:
        """Take in a value. Hot path."""
        average = self.value
        self.value = value if average is None else average + (value - average) * self._weight


class DecayingAverage:
    """Average over time: what was true a while ago counts exp(-age / ``time_constant_ns``).

    It averages a quantity that holds its value until it is set anew, such as a load. It starts
    at 0 at instant 0.

    Raises:
        ConfigError: the time constant is below 1 ns.
    """

    __slots__ = ("_as_of", "_average", "_held", "_time_constant_ns")

    def __init__(self, time_constant_ns: DurationNs) -> None:
        if time_constant_ns < 1:
            raise ConfigError("decaying average: the time constant must be at least 1 ns")
        self._time_constant_ns = time_constant_ns
        self._average = 0.0
        self._held = 0.0
        self._as_of: TimeNs = 0

    def hold(self, value: float, now: TimeNs) -> None:
        """From ``now`` on the quantity is ``value``."""
        self._average = self.at(now)
        self._as_of = max(now, self._as_of)
        self._held = value

    def at(self, now: TimeNs) -> float:
        """The average at ``now``. Changes nothing."""
        kept = exp(-max(0, now - self._as_of) / self._time_constant_ns)
        return self._held + (self._average - self._held) * kept


class RecentPercentile:
    """Percentile by nearest rank of the last ``window`` durations.

    It is worked out anew after every ``refresh`` of them, and None until ``minimum`` are in.
    A value added is O(1) but for one sort of the window every ``refresh`` values.

    Raises:
        ConfigError: a share outside [0, 1], or not 1 <= minimum <= window, or refresh below 1.
    """

    __slots__ = ("_minimum", "_q", "_recent", "_refresh", "_since", "value")

    def __init__(
        self, q: float, *, window: int = 1000, minimum: int = 20, refresh: int = 20
    ) -> None:
        if not (0.0 <= q <= 1.0 and 1 <= minimum <= window and refresh >= 1):
            raise ConfigError("recent percentile: no such share, or window, minimum and refresh")
        self._q = q
        self._recent: deque[DurationNs] = deque(maxlen=window)
        self._minimum = minimum
        self._refresh = refresh
        self._since = 0
        self.value: DurationNs | None = None

    def add(self, duration_ns: DurationNs) -> None:
        """Take in a duration."""
        self._recent.append(duration_ns)
        self._since += 1
        count = len(self._recent)
        if count < self._minimum or (self.value is not None and self._since < self._refresh):
            return
        self._since = 0
        self.value = sorted(self._recent)[rank(count, self._q) - 1]
