"""Smooth weighted round robin: each member as often as its weight says, spread evenly.

Every member has a running credit. A pick pays each its weight, takes the richest (the first
on ties) and charges it what was paid out in all, so the credits always sum to zero.
"""

from operator import add

from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.roster import Roster


class SmoothWeighted(Roster):
    """Smooth weighted round robin with whole-number weights.

    While nobody comes, goes or is avoided, every W = sum(weights) picks in a row give each
    member exactly its weight. Any change of who is up, or of a weight, starts the cycle afresh:
    a member that returns brings no credit from before, so it gets no burst. An avoided member
    sits the pick out, unpaid, as one that was tried already does in nginx. A pick is O(members).

    Source: nginx ``ngx_http_upstream_round_robin``; semantics 6.3. Differs in leaving nginx's
    passive failure count out (it belongs to outlier ejection), and in starting afresh where
    nginx keeps old credits.
    """

    __slots__ = ("_credits", "_shares", "_total")

    def __init__(self) -> None:
        super().__init__()
        self._credits: list[int] = []
        self._shares: list[int] = []
        self._total = 0

    def pick(self, _now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return the member with the most credit, the first on ties."""
        up = self._up
        if not up:
            return NO_MEMBER
        if avoid != NO_MEMBER and avoid in up and len(up) > 1:
            return self._pick_other(up.index(avoid))
        balances = list(map(add, self._credits, self._shares))
        richest = balances.index(max(balances))
        balances[richest] -= self._total
        self._credits = balances
        return up[richest]

    def _pick_other(self, avoided: int) -> int:
        balances = list(map(add, self._credits, self._shares))
        balances[avoided] = self._credits[avoided]
        others = [position for position in range(len(balances)) if position != avoided]
        richest = max(others, key=balances.__getitem__)
        balances[richest] -= self._total - self._shares[avoided]
        self._credits = balances
        return self._up[richest]

    def _joined(self, _position: int) -> None:
        self._start_afresh()

    def _left(self, _position: int) -> None:
        self._start_afresh()

    def _reweighted(self) -> None:
        self._start_afresh()

    def _start_afresh(self) -> None:
        self._shares = [self._weights[member] for member in self._up]
        self._total = sum(self._shares)
        self._credits = [0] * len(self._up)
