"""Ring hash: members own points of a ring; a key belongs to the first point at or after it.

When a member comes or goes, the stretches before its own points change hands and nobody else's.
That holds as long as the others keep their points. Where the number of points per member follows
the size of the group, as in Envoy, it does not quite.
"""

from bisect import bisect_left
from collections.abc import Mapping

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.hashed.keyed import KeyedPolicy
from models.traffic.balancer.hashing import words_of

RING_SIZE_MIN = 1024
RING_SIZE_MAX = 8_388_608


class RingHash(KeyedPolicy):
    """Consistent hashing with points in proportion to weights.

    The member with the least weight gets as many points as make the ring at least ``size_min``
    points large, the others in proportion, scaled down if that passed ``size_max``; everyone has
    at least one. Members that are down count for the number of points, so going down or coming
    up moves only the keys of that member. Adding, removing or reweighting one changes how many
    points the others have, though never where their first ones are: measured at the default
    size, removing one of 3 or of 10 equal members moves the keys it had and a further 8 %, one
    of 100 none. :mod:`models.traffic.balancer.hashed.ketama` fixes the number of points, and so
    moves no key more.

    A pick is O(log points). The first pick after a change is O(points log points).

    Source: Envoy ``ring_hash_lb.cc``; semantics 6.2; Karger et al. 1997. Differs in the hash
    (BLAKE2b for points, see :mod:`models.traffic.balancer.hashing`), in at least one point for
    everyone, and in counting members that are down, where Envoy lays the ring out over those that
    are healthy.

    Raises:
        ConfigError: not 1 <= size_min <= size_max <= 8,388,608.
    """

    __slots__ = ("_hashes", "_size_max", "_size_min")

    def __init__(
        self, stream: Stream, *, size_min: int = RING_SIZE_MIN, size_max: int = RING_SIZE_MAX
    ) -> None:
        if not 1 <= size_min <= size_max <= RING_SIZE_MAX:
            raise ConfigError(
                f"a ring needs 1 <= minimum <= maximum <= {RING_SIZE_MAX} points, "
                f"not {size_min} and {size_max}"
            )
        super().__init__(stream)
        self._size_min = size_min
        self._size_max = size_max
        self._hashes: list[int] = []

    def _point_counts(self) -> dict[int, int]:
        return point_counts(self._weights, self._size_min, self._size_max)

    def _lay_out(self) -> list[int]:
        counts = self._point_counts()
        ring = [
            (word, member) for member in self._up for word in words_of(str(member), counts[member])
        ]
        ring.sort()
        self._hashes = [word for word, _ in ring]
        return [member for _, member in ring]

    def _position(self, hashed: int) -> int:
        return bisect_left(self._hashes, hashed) % len(self._hashes)


def point_counts(weights: Mapping[int, int], size_min: int, size_max: int) -> dict[int, int]:
    """Points per member, lowest member first, for weights of at least 1.

    With W the sum of weights and w the least, the ring has min(ceil(w * size_min / W) * W / w,
    size_max) points, rounded up. Members take their shares one after the other, and a point is
    handed out as soon as a part of it is due: 4 equal members on a ring of 6 get 2, 1, 2 and 1.
    In whole numbers throughout, where Envoy's floats may be a point off.

    Source: Envoy ``ring_hash_lb.cc``.
    """
    total, least = sum(weights.values()), min(weights.values())
    per_least = -(-least * size_min // total)
    if per_least * total <= size_max * least:
        size_over, size_under = per_least, least
    else:
        size_over, size_under = size_max, total
    counts = {}
    weight_so_far = handed_out = 0
    for member in sorted(weights):
        weight_so_far += weights[member]
        due = -(-weight_so_far * size_over // size_under)
        counts[member] = max(1, due - handed_out)
        handed_out = due
    return counts
