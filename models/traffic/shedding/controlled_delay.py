"""Controlled delay: how long a request may wait is set when it joins the queue.

CoDel's idea without its control law. Most requests may wait long, because a burst passes; when
the queue has not been empty for a whole interval, newcomers may wait only the target, so that the
queue drains at once.
"""

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs
from models.traffic.shedding.codel import CodelConfig
from models.traffic.shedding.standing import Standing


class ControlledDelay:
    """Bounds the wait of each request. Tell it the length after every change of the queue.

    Source: Maurer 2015, "Fail at scale" (ACM Queue 13:8), with M = ``target_ns`` and
    N = ``interval_ns``: the target applies if the queue was last empty before now - N.

    Raises:
        ConfigError: a duration below 1 ns.
    """

    __slots__ = ("_config", "_standing")

    def __init__(self, config: CodelConfig) -> None:
        if config.target_ns < 1 or config.interval_ns < 1:
            raise ConfigError("controlled delay: target and interval must be at least 1 ns")
        self._config = config
        self._standing = Standing()

    def changed(self, waiting: int, now: TimeNs) -> None:
        """The queue holds ``waiting`` requests from ``now`` on."""
        self._standing.changed(waiting, now)

    def wait_ns_max(self, now: TimeNs) -> DurationNs:
        """How long a request that joins at ``now`` may wait before it is dropped."""
        stands = self._standing.duration_ns(now) > self._config.interval_ns
        return self._config.target_ns if stands else self._config.interval_ns
