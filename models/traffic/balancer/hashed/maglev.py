"""Maglev: members fill a table in turns, each by an order of preference of its own.

Picks are one look-up and shares are even to within a slot. The price is disruption: a member
that leaves frees slots, and the others' later turns then fall differently.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from math import isqrt

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.hashed.keyed import KeyedPolicy
from models.traffic.balancer.hashing import words_of

TABLE_SIZE = 65_537
TABLE_SIZE_MAX = 5_000_011


@dataclass(frozen=True, slots=True)
class Preference:
    """A member's order of preference among M slots: offset + turn * skip, modulo M.

    ``offset`` is in [0, M), ``skip`` in [1, M). As M is prime, every slot comes up once.
    """

    member: int
    offset: int
    skip: int
    weight: int = 1


class Maglev(KeyedPolicy):
    """Looks a key up in a table of ``table_size`` slots, a prime.

    Equal members own numbers of slots that differ by at most one. A change of who is up moves the
    keys of that member and some more: measured at the default size, removing one of 10 equal
    members moves the tenth it had and a further 0.2 % of the keys, one of 100 the hundredth and
    a further 0.6 %. Small tables move more: one of 10 members a further 2 % of 1009 slots.

    A pick is O(1). The first pick after a change is O(slots log slots), some 30 ms at the default
    size: short runs with many callers do well with a table of 1009 or 5003 slots, at least 100
    for each member.

    Source: Eisenbud et al. 2016, section 3.4; weights as in Envoy ``maglev_lb.cc``; semantics
    6.2. Differs in the hash (BLAKE2b for preferences, see
    :mod:`models.traffic.balancer.hashing`).

    Raises:
        ConfigError: the table size is not a prime of at most 5,000,011.
    """

    __slots__ = ("_table_size",)

    def __init__(self, stream: Stream, table_size: int = TABLE_SIZE) -> None:
        if not (table_size <= TABLE_SIZE_MAX and is_prime(table_size)):
            raise ConfigError(
                f"a Maglev table needs a prime number of slots up to {TABLE_SIZE_MAX}, "
                f"not {table_size}"
            )
        super().__init__(stream)
        self._table_size = table_size

    def _lay_out(self) -> list[int]:
        return fill(
            self._table_size,
            [
                preference(member, self._weights[member], self._table_size)
                for member in sorted(self._up)
            ],
        )

    def _position(self, hashed: int) -> int:
        return hashed % self._table_size


def is_prime(number: int) -> bool:
    """True for a prime number. O(sqrt(number))."""
    return number > 1 and all(number % divisor for divisor in range(2, isqrt(number) + 1))


def preference(member: int, weight: int, table_size: int) -> Preference:
    """Order of preference of a member, from its number alone."""
    first, second = words_of(str(member), 2)
    return Preference(member, first % table_size, second % (table_size - 1) + 1, weight)


def fill(table_size: int, preferences: Sequence[Preference]) -> list[int]:
    """Deal out all slots: the owner of each.

    Members take turns in the order given, and each takes the slot it likes best of those that
    are free. The heaviest takes a turn in every round, one of a third of its weight in every
    third.

    Source: Eisenbud et al. 2016, pseudocode 1; turns by weight as in Envoy ``maglev_lb.cc``.
    """
    owners = [NO_MEMBER] * table_size
    slots = [preference.offset for preference in preferences]
    turns = _turns([preference.weight for preference in preferences])
    for index in islice(turns, table_size):
        slot, skip = slots[index], preferences[index].skip
        while owners[slot] != NO_MEMBER:
            slot = (slot + skip) % table_size
        owners[slot] = preferences[index].member
        slots[index] = slot
    return owners


def _turns(weights: Sequence[int]) -> Iterator[int]:
    """Endless turns: who has gathered enough weight in this many rounds for one more."""
    heaviest = max(weights)
    targets = [0] * len(weights)
    for round_number in count(1):
        for index, weight in enumerate(weights):
            if round_number * weight >= targets[index]:
                targets[index] += heaviest
                yield index
