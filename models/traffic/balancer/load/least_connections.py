"""Least connections: the member with the least to do for its weight, of all that are up.

It looks at everyone, so with one caller nobody does better; with many callers, each counting
only its own attempts, all may run to the same member.
"""

from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.load.ledger import LoadLedger


class LeastConnections(LoadLedger):
    """Takes the lowest active / weight; among equals, smooth weighted round robin.

    Ratios are compared exactly, by cross-multiplying. Every member has a running credit: a pick
    among equals pays each of them its weight, takes the richest (the first on ties) and charges
    it what was paid out in all. A pick without equals leaves the credits alone. Any change of who
    is up, or of a weight, clears them. An avoided member sits the pick out. A pick is O(members).

    Source: nginx ``ngx_http_upstream_least_conn_module.c``; semantics 6.3. Differs in counting
    this caller's attempts, not a host's shared memory, in leaving the passive failure count out,
    and in clearing credits where nginx keeps them.
    """

    __slots__ = ("_credits",)

    def __init__(self) -> None:
        super().__init__()
        self._credits: dict[int, int] = {}

    def pick(self, _now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return the member with the least active attempts for its weight."""
        up = self._up
        if len(up) < 2:
            return up[0] if up else NO_MEMBER
        least_loaded = self._least_loaded(avoid)
        if len(least_loaded) == 1:
            return least_loaded[0]
        return self._richest(least_loaded)

    def _least_loaded(self, avoid: int) -> list[int]:
        active, weights = self._active, self._weights
        least: list[int] = []
        best_active = best_weight = 0
        for member in self._up:
            if member == avoid:
                continue
            # Below zero: less active for its weight than the best so far.
            excess = active[member] * best_weight - best_active * weights[member]
            if excess < 0 or not least:
                least = [member]
                best_active, best_weight = active[member], weights[member]
            elif excess == 0:
                least.append(member)
        return least

    def _richest(self, members: list[int]) -> int:
        credits, weights = self._credits, self._weights
        for member in members:
            credits[member] += weights[member]
        richest = max(members, key=credits.__getitem__)
        credits[richest] -= sum(weights[member] for member in members)
        return richest

    def _joined(self, position: int) -> None:
        super()._joined(position)
        self._clear_credits()

    def _left(self, _position: int) -> None:
        self._clear_credits()

    def _reweighted(self) -> None:
        self._clear_credits()

    def _clear_credits(self) -> None:
        self._credits = dict.fromkeys(self._up, 0)
