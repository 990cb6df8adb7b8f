"""Policies that send requests with the same key to the same member: what they share.

A layout is a circle of positions, each owned by a member that is up. The key's hash names a
position, and so a member; whoever may not be picked is passed by, on to the next position that
belongs to someone else. How positions are dealt out is what tells the policies apart.

Layouts depend on the set of members and their weights alone, never on the order in which they
came: callers that heard of them in different orders still agree on where a key belongs.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from models.base.streams import Stream
from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.hashing import mix
from models.traffic.balancer.roster import Roster


class KeyedPolicy(Roster, ABC):
    """Membership with a layout, which is laid out anew by the first pick after a change.

    A request without a key gets one drawn at random, as Envoy does where no hash policy applies.
    """

    __slots__ = ("_owners", "_word")

    needs_key: ClassVar[bool] = True

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._word = stream.word
        self._owners: list[int] = []

    def pick(self, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return the owner of a random key."""
        return self.pick_keyed(self._word(), now, avoid)

    def pick_keyed(self, key: int, _now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return the key's owner, or the next one on the circle if that is ``avoid``."""
        owners = self._owners
        if not owners:
            if not self._up:
                return NO_MEMBER
            owners = self._owners = self._lay_out()
        position = self._position(mix(key))
        member = owners[position]
        if member == avoid and len(self._up) > 1:
            return self._next_owner(position)
        return member

    def _next_owner(self, position: int) -> int:
        owners = self._owners
        passed = owner = owners[position]
        while owner == passed:
            position = (position + 1) % len(owners)
            owner = owners[position]
        return owner

    @abstractmethod
    def _lay_out(self) -> list[int]:
        """Deal out the positions: the owner of each, every member that is up owning some."""

    @abstractmethod
    def _position(self, hashed: int) -> int:
        """Position of a hash in [0, 2**64)."""

    def _joined(self, _position: int) -> None:
        self._owners = []

    def _left(self, _position: int) -> None:
        self._owners = []

    def _reweighted(self) -> None:
        self._owners = []
