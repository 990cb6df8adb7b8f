"""The caller's side of a database: writes go to the primary, reads where they may."""

from collections.abc import Callable

from models.base.time import TimeNs
from models.service.replication import ReadsFrom
from models.traffic.balancer.base import NO_MEMBER
from sim.nodes.attempt import Attempt, Request
from sim.nodes.channel import Channel
from sim.nodes.plan import PlanNode
from sim.nodes.pooled import PooledChannel
from sim.nodes.stores.database import Database


class DatabaseChannel(Channel):
    """A channel that picks by role: a driver that knows the primary from the replicas."""

    _database: Database
    _balanced: Callable[[TimeNs, int], int]
    _turn: int

    def route_by(self, database: Database) -> None:
        """Ask this database who leads; before any call."""
        self._database = database
        self._balanced = self._pick
        self._turn = 0

    def call(
        self,
        node: PlanNode,
        request: Request,
        parent: Attempt | None,
        try_number: int = 1,
        avoid: int = NO_MEMBER,
    ) -> None:
        """Send one try of a call, by default the first."""
        reads_from = self._database.spec.reads_from
        if node.endpoint in self._database.writes or reads_from is ReadsFrom.PRIMARY:
            self._pick = self._leader
        elif reads_from is ReadsFrom.REPLICAS:
            self._pick = self._replica
        else:
            self._pick = self._balanced
        super().call(node, request, parent, try_number, avoid)

    def _leader(self, _now: TimeNs, _avoid: int) -> int:
        return self._database.leader

    def _replica(self, _now: TimeNs, avoid: int) -> int:
        """Replicas in turn, another than the one to avoid if there is one; else the primary."""
        leader = self._database.leader
        replicas = [target.member for target in self.targets() if target.member != leader]
        others = [member for member in replicas if member != avoid] or replicas
        if not others:
            return leader
        self._turn += 1
        return others[self._turn % len(others)]


class PooledDatabaseChannel(PooledChannel, DatabaseChannel):
    """A driver with a bounded number of connections."""
