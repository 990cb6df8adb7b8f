"""Bounded load: a key's member takes it unless it has more than its fair share to do already.

Keys are not equally popular, so consistent hashing alone can drown one member. The bound lets
the surplus of a hot key spill to other members, always in the same order for the same key.
"""

from collections.abc import Iterator
from typing import ClassVar

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.hashed.keyed import KeyedPolicy
from models.traffic.balancer.hashing import mix
from models.traffic.balancer.load.ledger import LoadLedger

FACTOR_MIN = 100


class BoundedLoad(LoadLedger):
    """Lays a bound on the load of each member around a policy of hashed keys.

    With A attempts active in all, a member of weight share s may have
    max(1, ceil(ceil((A + 1) * factor / 100) * s)) of them; it is full when it has more. A full
    owner is passed over for the first member that is not full, in an order drawn from the key.
    If all are full, which takes one to be avoided, the one with the least active for its bound
    takes the request. ``factor`` is a percentage: 120 to 200 is usual; the lower it is, the more
    even the load, and the more keys leave their member.

    A pick is O(1) while the owner is not full, then O(members).

    Source: Envoy ``thread_aware_lb_impl.cc`` (``hash_balance_factor``); Mirrokni et al. 2018;
    semantics 6.2. Differs in the order of probing (same idea, another generator).

    Raises:
        ConfigError: the factor is below 100.
    """

    __slots__ = ("_active_total", "_factor", "_hashed", "_weight_total", "_word")

    needs_key: ClassVar[bool] = True
    only_counts: ClassVar[bool] = False

    def __init__(self, hashed: KeyedPolicy, stream: Stream, factor: int) -> None:
        if factor < FACTOR_MIN:
            raise ConfigError(f"a hash balance factor below {FACTOR_MIN} leaves no room: {factor}")
        super().__init__()
        self._hashed = hashed
        self._word = stream.word
        self._factor = factor
        self._active_total = 0
        self._weight_total = 0

    def add(self, member: int, weight: int = 1) -> None:
        """Let a member in, up. For a known member only its weight changes.

        Raises:
            ConfigError: the member is negative or the weight below 1.
        """
        super().add(member, weight)
        self._hashed.add(member, weight)

    def remove(self, member: int) -> None:
        """Let a member go.

        Raises:
            ConfigError: the member is not known.
        """
        super().remove(member)
        self._hashed.remove(member)

    def mark_down(self, member: int) -> None:
        """Stop picking a member; repeating it changes nothing.

        Raises:
            ConfigError: the member is not known.
        """
        super().mark_down(member)
        self._hashed.mark_down(member)

    def mark_up(self, member: int) -> None:
        """Pick a member again; repeating it changes nothing.

        Raises:
            ConfigError: the member is not known.
        """
        super().mark_up(member)
        self._hashed.mark_up(member)

    def pick(self, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return the owner of a random key, or who takes its place."""
        return self.pick_keyed(self._word(), now, avoid)

    def pick_keyed(self, key: int, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return the key's owner, or who takes its place if it is full or ``avoid``."""
        owner = self._hashed.pick_keyed(key, now, avoid)
        if owner == NO_MEMBER:
            return NO_MEMBER
        slots_total = -(-(self._active_total + 1) * self._factor // 100)
        if self._active[owner] <= self._bound(owner, slots_total):
            return owner
        return self._pick_instead(key, owner, avoid, slots_total)

    def started(self, member: int, /) -> None:
        """Count an attempt sent to the member."""
        super().started(member)
        self._active_total += 1

    def finished(self, member: int, outcome: int, duration_ns: DurationNs, /) -> None:
        """Count the attempt as ended, also if the member has left since.

        Raises:
            SimulationError: more ends than starts, which would make the member look idle.
        """
        super().finished(member, outcome, duration_ns)
        self._active_total -= 1

    def _bound(self, member: int, slots_total: int) -> int:
        return max(1, -(-slots_total * self._weights[member] // self._weight_total))

    def _pick_instead(self, key: int, owner: int, avoid: int, slots_total: int) -> int:
        active = self._active
        best, best_bound = owner, self._bound(owner, slots_total)
        for member in self._in_order_of(key):
            if member in (owner, avoid):
                continue
            bound = self._bound(member, slots_total)
            if active[member] <= bound:
                return member
            if active[member] * best_bound < active[best] * bound:
                best, best_bound = member, bound
        return best

    def _in_order_of(self, key: int) -> Iterator[int]:
        """Members that are up, shuffled by the key: the same row for the same key."""
        members = sorted(self._up)
        word = key
        while members:
            word = mix(word)
            position = word * len(members) >> 64
            yield members[position]
            members[position] = members[-1]
            members.pop()

    def _joined(self, position: int) -> None:
        super()._joined(position)
        self._weigh()

    def _left(self, _position: int) -> None:
        self._weigh()

    def _reweighted(self) -> None:
        self._weigh()

    def _weigh(self) -> None:
        self._weight_total = sum(self._weights[member] for member in self._up)
