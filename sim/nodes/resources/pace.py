"""How fast a process runs: what slows it multiplies, and anything that holds it stops it."""

from collections.abc import Callable

from sim.nodes.resources.processor import FULL_SPEED


class Pace:
    """Combines the causes of slowness; ``changed(speed)`` hears of every change, in millionths.

    A cause is a name of the caller's choice; causes come and go in any order.
    """

    __slots__ = ("_changed", "_factors", "_holds", "speed")

    def __init__(self, changed: Callable[[int], object]) -> None:
        self._changed = changed
        self._holds: set[str] = set()
        self._factors: dict[str, int] = {}
        self.speed = FULL_SPEED

    def hold(self, cause: str) -> None:
        """Stand still until this cause and all others are gone."""
        self._holds.add(cause)
        self._combine()

    def let_go(self, cause: str) -> None:
        """This cause no longer holds."""
        self._holds.discard(cause)
        self._combine()

    def slow(self, cause: str, speed: int) -> None:
        """Run at ``speed`` millionths, times what other causes leave; replaces this cause's own."""
        self._factors[cause] = speed
        self._combine()

    def forget(self, cause: str) -> None:
        """This cause no longer slows."""
        self._factors.pop(cause, None)
        self._combine()

    def is_held_by(self, cause: str) -> bool:
        """True while this cause holds."""
        return cause in self._holds

    def _combine(self) -> None:
        speed = FULL_SPEED
        for cause in sorted(self._factors):
            speed = speed * self._factors[cause] // FULL_SPEED
        if self._holds:
            speed = 0
        if speed != self.speed:
            self.speed = speed
            self._changed(speed)
