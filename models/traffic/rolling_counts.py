"""Counts over the last so many seconds, by partial aggregation: one bucket a second, one total.

Buckets are aligned to multiples of their width, so the span covered is between one bucket less
than the whole and the whole. A bucket that falls out is subtracted from the total: counting is
O(1), and moving on is O(buckets passed), at most all of them.
"""

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs, TimeNs


class RollingCounts:
    """Several counters over one window of ``buckets`` times ``width_ns``.

    ``totals`` holds the sum of each column as of the last :meth:`advance`; read it, do not write
    it. An instant earlier than the last one seen is counted in the newest bucket.

    Source: resilience4j ``SlidingTimeWindowMetrics``: a bucket leaves when its number <= the
    present one - ``buckets``; semantics 7.4.

    Raises:
        ConfigError: a size below 1.
    """

    __slots__ = ("_buckets", "_head", "_rows", "_width_ns", "totals")

    def __init__(self, *, columns: int, buckets: int, width_ns: DurationNs = NS_PER_S) -> None:
        if min(columns, buckets, width_ns) < 1:
            raise ConfigError("rolling counts: columns, buckets and width must be at least 1")
        self._buckets = buckets
        self._width_ns = width_ns
        self._head = 0
        self._rows = [[0] * columns for _ in range(buckets)]
        self.totals = [0] * columns

    @property
    def span_ns(self) -> DurationNs:
        """Length of the whole window."""
        return self._buckets * self._width_ns

    def advance(self, now: TimeNs) -> TimeNs:
        """Forget what has left the window at ``now``. Returns when the newest bucket ends."""
        number = now // self._width_ns
        passed = number - self._head
        if passed > 0:
            for step in range(1, min(passed, self._buckets) + 1):
                row = self._rows[(self._head + step) % self._buckets]
                for column, count in enumerate(row):
                    self.totals[column] -= count
                    row[column] = 0
            self._head = number
        return (self._head + 1) * self._width_ns

    def add(self, column: int, amount: int = 1) -> None:
        """Count ``amount`` in the newest bucket; call :meth:`advance` before."""
        self._rows[self._head % self._buckets][column] += amount
        self.totals[column] += amount

    def totals_at(self, now: TimeNs) -> tuple[int, ...]:
        """What ``totals`` would be at ``now``. Changes nothing; O(buckets)."""
        oldest = max(now // self._width_ns, self._head) - self._buckets + 1
        first = max(oldest, self._head - self._buckets + 1)
        kept = [self._rows[n % self._buckets] for n in range(first, self._head + 1)]
        return tuple(sum(row[column] for row in kept) for column in range(len(self.totals)))
