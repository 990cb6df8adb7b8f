"""Since when a queue has been standing: longer than a mark, without a moment below it."""

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs


class Standing:
    """Watches the length of one queue. Calm is a length of at most ``mark``, at first 0.

    Raises:
        ConfigError: the mark is negative.
    """

    __slots__ = ("_calm_at", "_is_calm", "_mark")

    def __init__(self, mark: int = 0) -> None:
        if mark < 0:
            raise ConfigError(f"a queue's mark must not be negative, but is {mark}")
        self._mark = mark
        self._is_calm = True
        self._calm_at: TimeNs = 0

    def changed(self, waiting: int, now: TimeNs) -> None:
        """The queue holds ``waiting`` requests from ``now`` on."""
        was_calm = self._is_calm
        self._is_calm = waiting <= self._mark
        if was_calm or self._is_calm:
            self._calm_at = now

    def duration_ns(self, now: TimeNs) -> DurationNs:
        """How long the queue has stood at ``now``; 0 while it is calm."""
        return 0 if self._is_calm else now - self._calm_at
