"""When a caller that resolves a name by DNS asks again: once the answer's time to live is over.

The answer stands until then, however wrong it has become. A question that is not answered is
repeated every ``retry_ns`` while the old answer goes on being used.

Source: RFC 1035 section 3.2.1 (TTL); RFC 8767 (serving stale answers). Differs from a resolver
that asks only when the name is used next in that a name is always in use here.
"""

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs


class NameCache:
    """The life of one cached answer, which runs out at ``start_ns`` for the first time."""

    __slots__ = ("_next_ns", "_retry_ns", "_ttl_ns")

    def __init__(self, start_ns: TimeNs, *, ttl_ns: DurationNs, retry_ns: DurationNs) -> None:
        if ttl_ns <= 0 or retry_ns <= 0:
            raise ConfigError(f"times must be longer than 0, not {ttl_ns} ns and {retry_ns} ns")
        self._next_ns = start_ns
        self._ttl_ns = ttl_ns
        self._retry_ns = retry_ns

    @property
    def next_ns(self) -> TimeNs:
        """When to ask next."""
        return self._next_ns

    def take(self, *, now: TimeNs) -> bool:
        """Whether to ask at ``now``; if so, again after the retry time unless answered."""
        if now < self._next_ns:
            return False
        self._next_ns = now + self._retry_ns
        return True

    def answered(self, *, now: TimeNs) -> None:
        """An answer came in; it is good for its time to live."""
        self._next_ns = now + self._ttl_ns
