"""Orders of waiting that keep one line per class: the most important first, or tenants in turn."""

from bisect import insort
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from sim.nodes.attempt import Attempt


class MostImportantFirst:
    """Of those who wait, the most important is next; among equals, the one who came first.

    ``level_of`` is greater for what matters more. Whoever has a slot keeps it.
    """

    def __init__(self, level_of: Callable[[Attempt], int]) -> None:
        self._level_of = level_of
        self._levels: list[int] = []
        self._lines: dict[int, deque[Attempt]] = {}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Attempt]:
        return chain.from_iterable(self._lines[level] for level in reversed(self._levels))

    def append(self, attempt: Attempt) -> None:
        """One more waits, behind its equals."""
        self._line_of(attempt).append(attempt)
        self._length += 1

    def appendleft(self, attempt: Attempt) -> None:
        """One comes back that had its turn, before its equals."""
        self._line_of(attempt).appendleft(attempt)
        self._length += 1

    def popleft(self) -> Attempt:
        """The most important leaves; somebody waits."""
        self._length -= 1
        return next(
            line for level in reversed(self._levels) if (line := self._lines[level])
        ).popleft()

    def remove(self, attempt: Attempt) -> None:
        """One that waits leaves before its turn."""
        self._line_of(attempt).remove(attempt)
        self._length -= 1

    def clear(self) -> None:
        """Nobody waits any more."""
        for line in self._lines.values():
            line.clear()
        self._length = 0

    def less_important_than(self, attempt: Attempt) -> Attempt | None:
        """The one to leave so that ``attempt`` may come in: the newest of the least important."""
        for level in self._levels:
            if level >= self._level_of(attempt):
                return None
            if self._lines[level]:
                return self._lines[level][-1]
        return None

    def _line_of(self, attempt: Attempt) -> deque[Attempt]:
        level = self._level_of(attempt)
        if level not in self._lines:
            insort(self._levels, level)
            self._lines[level] = deque()
        return self._lines[level]


class TenantsInTurn:
    """Weighted round robin: each tenant that waits gets as many turns a round as its weight.

    Within a tenant, first come first served. A tenant that comes back to an empty line joins the
    round at its end, so that nobody gains by leaving. Turns count requests, not their work.
    """

    def __init__(self, tenant_of: Callable[[Attempt], int], weights: Mapping[int, int]) -> None:
        self._tenant_of = tenant_of
        self._weights = weights
        self._lines: dict[int, deque[Attempt]] = {}
        self._round: deque[int] = deque()
        self._turns_left = 0
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Attempt]:
        return chain.from_iterable(self._lines[tenant] for tenant in self._round)

    def append(self, attempt: Attempt) -> None:
        """One more waits, behind those of its tenant."""
        tenant = self._tenant_of(attempt)
        line = self._lines.setdefault(tenant, deque())
        if not line:
            self._round.append(tenant)
            if len(self._round) == 1:
                self._turns_left = self._weight_of(tenant)
        line.append(attempt)
        self._length += 1

    def popleft(self) -> Attempt:
        """The oldest of the tenant whose turn it is leaves; somebody waits."""
        tenant = self._round[0]
        attempt = self._lines[tenant].popleft()
        self._length -= 1
        self._turns_left -= 1
        if not self._lines[tenant]:
            self._leaves(tenant)
        elif not self._turns_left:
            self._round.rotate(-1)
            self._turns_left = self._weight_of(self._round[0])
        return attempt

    def remove(self, attempt: Attempt) -> None:
        """One that waits leaves before its turn."""
        tenant = self._tenant_of(attempt)
        self._lines[tenant].remove(attempt)
        self._length -= 1
        if not self._lines[tenant]:
            self._leaves(tenant)

    def clear(self) -> None:
        """Nobody waits any more."""
        self._lines.clear()
        self._round.clear()
        self._length = 0

    def _leaves(self, tenant: int) -> None:
        """The tenant has nobody left; if it had the turn, the next one gets a full one."""
        had_turn = self._round[0] == tenant
        self._round.remove(tenant)
        if had_turn and self._round:
            self._turns_left = self._weight_of(self._round[0])

    def _weight_of(self, tenant: int) -> int:
        return self._weights.get(tenant, 1)
