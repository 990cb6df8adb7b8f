"""Share of what is under way: of a hundred calls in progress, twenty may be retries."""

from models.base.errors import ConfigError, SimulationError
from models.base.time import TimeNs
from models.traffic.budget.base import DENIED, THOUSANDTHS, thousandths
from models.traffic.config import ActiveShareConfig

_GRANTED = 1


def retries_allowed(ratio_thousandths: int, retries_min: int, under_way: int) -> int:
    """max(minimum, floor(ratio * calls under way or waiting)).

    Source: Envoy ``retry_budget``; semantics 7.3.
    """
    return max(retries_min, ratio_thousandths * under_way // THOUSANDTHS)


class ActiveShareBudget:
    """Counts tries under way, and retries from their grant to their end.

    Source: Envoy ``circuit_breaker.proto``, ``retry_budget`` (20 %, at least 3); semantics 7.3.

    Raises:
        ConfigError: a ratio that is not whole thousandths in [0, 1], or a negative minimum.
    """

    __slots__ = ("_active", "_minimum", "_ratio", "_retries")

    def __init__(self, config: ActiveShareConfig) -> None:
        self._ratio = thousandths("retry budget", config.ratio)
        if self._ratio > THOUSANDTHS or config.retries_min < 0:
            raise ConfigError("retry budget: ratio must be in [0, 1], retries_min not negative")
        self._minimum = config.retries_min
        self._active = 0
        self._retries = 0

    @property
    def retries(self) -> int:
        """Retries granted and not ended."""
        return self._retries

    @property
    def allowed(self) -> int:
        """Retries that may be under way now."""
        return retries_allowed(self._ratio, self._minimum, self._active)

    def sent(self, _ticket: int, _now: TimeNs, /) -> None:
        """One more try is under way."""
        self._active += 1

    def try_retry(self, _outcome: int, _now: TimeNs, /) -> int:
        """A ticket while fewer retries than allowed are under way."""
        if self._retries >= self.allowed:
            return DENIED
        self._retries += 1
        return _GRANTED

    def ended(self, ticket: int, _is_failure: bool, now: TimeNs, /) -> None:
        """One try fewer is under way.

        Raises:
            SimulationError: none was.
        """
        if not self._active:
            raise SimulationError("retry budget: a try ended that was never sent")
        self._active -= 1
        if ticket:
            self.withdrawn(ticket, now)

    def abandoned(self, ticket: int, now: TimeNs, /) -> None:
        """One try fewer is under way.

        Raises:
            SimulationError: none was.
        """
        self.ended(ticket, True, now)

    def withdrawn(self, _ticket: int, _now: TimeNs, /) -> None:
        """One retry fewer is granted.

        Raises:
            SimulationError: none was.
        """
        if not self._retries:
            raise SimulationError("retry budget: a retry ended that was never granted")
        self._retries -= 1
