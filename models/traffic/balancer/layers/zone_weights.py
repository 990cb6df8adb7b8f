"""Traffic split over zones by configured weights, scaled down as zones lose members."""

from collections.abc import Callable

from models.traffic.balancer.base import Balancer
from models.traffic.balancer.deadline_queue import DeadlineQueue
from models.traffic.balancer.layers.config import ZoneWeightsConfig
from models.traffic.balancer.layers.zoned_hosts import Zone, ZonedHosts


def effective_weight(
    weight: int, total: int, available: int, overprovisioning_percent: int
) -> float:
    """Weight of a zone, times its available share and the factor, at most its whole weight."""
    if not total:
        return 0.0
    return weight * min(100.0, overprovisioning_percent * available / total) / 100.0


class ZoneWeights(ZonedHosts):
    """Zones take turns by earliest deadline, at intervals 1 / effective weight.

    Turns start afresh at each change of membership, health or weight. With no weighted zone
    available the level is balanced as a whole. A pick is O(log zones) and the policy's own cost.

    Source: Envoy ``locality_wrr.cc``; semantics 6.1.
    """

    __slots__ = ("_config", "_factor", "_in_turn", "_intervals", "_turns")

    def __init__(
        self,
        config: ZoneWeightsConfig,
        overprovisioning_percent: int,
        make_policy: Callable[[], Balancer],
    ) -> None:
        super().__init__(make_policy)
        self._config = config
        self._factor = overprovisioning_percent
        self._in_turn: list[Zone] = []
        self._intervals: list[float] = []
        self._turns = DeadlineQueue()

    def _choose_zone(self) -> Zone | None:
        in_turn = self._in_turn
        if not in_turn:
            return None
        if len(in_turn) == 1:
            return in_turn[0]
        place = self._turns.take()
        self._turns.put(place, self._intervals[place])
        return in_turn[place]

    def _rearrange(self) -> None:
        self._in_turn, self._intervals = [], []
        self._turns = DeadlineQueue()
        for name, zone in self._zones.items():
            weight = effective_weight(
                self._config.weights.get(name, 0), len(zone.members), zone.available, self._factor
            )
            if weight > 0.0:
                self._turns.put(len(self._in_turn), 1.0 / weight)
                self._intervals.append(1.0 / weight)
                self._in_turn.append(zone)
