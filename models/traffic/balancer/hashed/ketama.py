"""Ketama: a ring on which a member's points depend on its own weight and on nothing else."""

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.hashed.ring_hash import RingHash

POINTS_PER_WEIGHT = 160


class Ketama(RingHash):
    """Consistent hashing with ``points_per_weight`` points for each unit of weight.

    Whatever happens to a member (joining, leaving, going down, coming up, a new weight), only
    keys that it owned or will own move. The price is that small groups share unevenly: with n
    equal members of v points each, shares spread by sqrt((n - 1) / (n * v + 1)) of their mean.

    A pick is O(log points). The first pick after a change is O(points log points).

    Source: libketama, and nginx ``hash ... consistent``, whose 160 points are the default;
    semantics 6.2 (ring hash). Differs in the hash, and in taking weights as they are where
    libketama scales them to the group.

    Raises:
        ConfigError: fewer than one point.
    """

    __slots__ = ("_points_per_weight",)

    def __init__(self, stream: Stream, points_per_weight: int = POINTS_PER_WEIGHT) -> None:
        if points_per_weight < 1:
            raise ConfigError(f"a member needs at least one point, not {points_per_weight}")
        super().__init__(stream)
        self._points_per_weight = points_per_weight

    def _point_counts(self) -> dict[int, int]:
        return {
            member: weight * self._points_per_weight for member, weight in self._weights.items()
        }
