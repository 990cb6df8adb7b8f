"""What every retry budget answers to that must be told how tries go.

A retry that is granted gets a ticket (>= 1) and hands it back when its try ends; a first try has
the ticket ``FIRST_TRY`` (0).
"""

from typing import Protocol

from models.base.errors import ConfigError
from models.base.time import TimeNs

FIRST_TRY = 0
DENIED = 0
THOUSANDTHS = 1000


class RetryAllowance(Protocol):
    """Grants retries. Its verbs are on the path of every try: positional, O(1)."""

    def sent(self, ticket: int, now: TimeNs, /) -> None:
        """A try is sent: a first one, or the retry of that ticket."""
        ...

    def try_retry(self, outcome: int, now: TimeNs, /) -> int:
        """A try ended so; may it be tried again? A ticket, or ``DENIED`` (0)."""
        ...

    def ended(self, ticket: int, is_failure: bool, now: TimeNs, /) -> None:
        """A try that was sent has ended. To be told before :meth:`try_retry` is asked."""
        ...

    def abandoned(self, ticket: int, now: TimeNs, /) -> None:
        """A try that was sent is no longer waited for; nobody knows how it would have ended."""
        ...

    def withdrawn(self, ticket: int, now: TimeNs, /) -> None:
        """A retry that was granted will not be sent."""
        ...


def thousandths(name: str, ratio: float) -> int:
    """A ratio as whole thousandths.

    Raises:
        ConfigError: the ratio is negative or finer than a thousandth.
    """
    whole = round(ratio * THOUSANDTHS)
    if ratio < 0 or whole / THOUSANDTHS != ratio:
        raise ConfigError(f"{name}: ratio {ratio} is not whole thousandths >= 0")
    return whole
