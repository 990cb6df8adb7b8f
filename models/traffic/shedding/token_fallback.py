"""Tokens for what is shed: a trickle of every class keeps flowing.

A class that is refused altogether tells nobody when it could be served again, and its users see a
total outage. A few tokens a second let some of it through, whatever the shedder says.
"""

from collections.abc import Mapping

from models.base.time import TimeNs
from models.traffic.limiter.base import ADMITTED, RateLimiter
from models.traffic.shedding.priority import Criticality


class TokenFallback:
    """Second opinion for requests that a shedder has refused.

    A class without a limiter gets none: its refusals stand. Tokens are taken only by requests
    that would have been refused, so they are all there when refusals begin.
    """

    __slots__ = ("_limiters",)

    def __init__(self, limiters: Mapping[Criticality, RateLimiter]) -> None:
        self._limiters = tuple(limiters.get(level) for level in Criticality)

    def admits(self, criticality: Criticality, is_shed: bool, now: TimeNs) -> bool:
        """Let it in although the shedder refused it, if there is a token. Hot path."""
        if not is_shed:
            return True
        limiter = self._limiters[criticality]
        return limiter is not None and limiter.try_acquire(now) == ADMITTED
