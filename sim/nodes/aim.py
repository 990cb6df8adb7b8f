"""Who may answer a call, where that depends on the call: on its key, or on who leads a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from models.base.time import TimeNs
from models.service.replication import ReadsFrom
from models.traffic.balancer.base import NO_MEMBER, Balancer
from sim.nodes.attempt import Request
from sim.nodes.plan import PlanNode
from sim.nodes.stores.database import Database

NO_KEY = 0
"""What a request is about whose source gives it no key."""

Pick = Callable[[TimeNs, int], int]
"""``pick(now, avoid)``: a member, or ``NO_MEMBER``."""


class Aim(Protocol):
    """Finds the pick of one call."""

    def towards(self, node: PlanNode, request: Request, /) -> Pick:
        """How to pick for this call, until the next one is aimed."""


class BalancedAim:
    """Anyone whom the balancer picks."""

    __slots__ = ("_pick",)

    def __init__(self, pick: Pick) -> None:
        self._pick = pick

    def towards(self, _node: PlanNode, _request: Request, /) -> Pick:
        """The same for every call."""
        return self._pick


class KeyAim:
    """Whoever is responsible for the key of the request."""

    __slots__ = ("_balancer", "_key")

    def __init__(self, balancer: Balancer) -> None:
        self._balancer = balancer
        self._key = NO_KEY

    def towards(self, _node: PlanNode, request: Request, /) -> Pick:
        """By what the request is about."""
        self._key = getattr(request, "key", NO_KEY)
        return self._pick

    def _pick(self, now: TimeNs, avoid: int = NO_MEMBER) -> int:
        return self._balancer.pick_keyed(self._key, now, avoid)


class RoleAim:
    """A driver that knows the primary from the replicas: writes go to the one, reads may not.

    ``members`` are those in view that are not ejected; ``otherwise`` serves reads that may go
    anywhere.
    """

    __slots__ = ("_database", "_members", "_otherwise", "_turn")

    def __init__(
        self, database: Database, members: Callable[[], Iterable[int]], otherwise: Aim
    ) -> None:
        self._database = database
        self._members = members
        self._otherwise = otherwise
        self._turn = 0

    def towards(self, node: PlanNode, request: Request, /) -> Pick:
        """By what the endpoint does, and from where it reads."""
        reads_from = self._database.spec.reads_from
        if node.endpoint in self._database.writes or reads_from is ReadsFrom.PRIMARY:
            return self._leader
        if reads_from is ReadsFrom.REPLICAS:
            return self._replica
        return self._otherwise.towards(node, request)

    def _leader(self, _now: TimeNs, _avoid: int) -> int:
        return self._database.leader

    def _replica(self, _now: TimeNs, avoid: int) -> int:
        """Replicas in turn, another than the one to avoid if there is one; else the primary."""
        leader = self._database.leader
        replicas = [member for member in self._members() if member != leader]
        others = [member for member in replicas if member != avoid] or replicas
        if not others:
            return leader
        self._turn += 1
        return others[self._turn % len(others)]
