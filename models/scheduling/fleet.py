"""Who could run a task: load and health of each executor, and the choice among them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs
from models.scheduling.config import ExecutorConfig
from models.scheduling.tasks import RunKey


@dataclass(slots=True)
class _Member:
    config: ExecutorConfig
    running: dict[RunKey, None] = field(default_factory=dict)
    is_up: bool = True
    life: int = 0
    heard_ns: TimeNs | None = None


class ExecutorFleet:
    """The executors of one pool, as the pool sees them.

    With ``lease_ns``, an executor that gave a sign of life falls silent iff
    ``now > last sign + lease``; one that never did is trusted until it is reported lost.
    """

    def __init__(
        self, executors: Sequence[ExecutorConfig], *, lease_ns: DurationNs | None = None
    ) -> None:
        """Start with every executor up and idle.

        Raises:
            ConfigError: a repeated name, or a capacity below 1.
        """
        self._lease_ns = lease_ns
        self._members: dict[str, _Member] = {}
        for config in executors:
            if config.name in self._members or config.capacity < 1:
                raise ConfigError(
                    f"executor '{config.name}' needs a name of its own and a capacity above 0"
                )
            self._members[config.name] = _Member(config)

    def choose(self, avoid: str = "") -> str | None:
        """The executor to place a task on, None when none that is up has room.

        Lowest share of capacity in use first, so an idle one before any busy one; of equals
        one that is not ``avoid``, then the one configured first. Linear in executors.
        """
        best: tuple[Fraction, bool] | None = None
        chosen = None
        for name, member in self._members.items():
            used, capacity = len(member.running), member.config.capacity
            if member.is_up and used < capacity:
                rank = (Fraction(used, capacity), name == avoid)
                if best is None or rank < best:
                    best, chosen = rank, name
        return chosen

    def occupy(self, executor: str, key: RunKey) -> None:
        """A task was placed there."""
        self._member(executor).running[key] = None

    def free(self, executor: str, key: RunKey) -> None:
        """A task is no longer there."""
        self._member(executor).running.pop(key, None)

    def lose(self, executor: str) -> tuple[RunKey, ...]:
        """Mark an executor dead; returns what was placed there, oldest first."""
        member = self._member(executor)
        member.is_up = False
        member.heard_ns = None
        return tuple(member.running)

    def hear(self, executor: str, *, now: TimeNs, life: int = 0) -> None:
        """An executor in its given life gave a sign of it: it is up, again if it was not."""
        member = self._member(executor)
        member.is_up = True
        member.life = life
        member.heard_ns = now

    def excuse_silence(self, *, now: TimeNs) -> None:
        """Count every executor with a lease as heard from now."""
        for member in self._members.values():
            if member.heard_ns is not None:
                member.heard_ns = now

    def life(self, executor: str) -> int:
        """Number of the process last heard from, 0 before the first."""
        return self._member(executor).life

    def silent(self, *, now: TimeNs) -> tuple[str, ...]:
        """Executors that are up but whose last sign of life is older than the lease."""
        return tuple(
            name
            for name, member in self._members.items()
            if (until := self._trusted_until(member)) is not None and now > until
        )

    def next_silence(self) -> TimeNs | None:
        """First instant at which an executor is silent unless it is heard from before."""
        ends = [
            until
            for member in self._members.values()
            if (until := self._trusted_until(member)) is not None
        ]
        return min(ends) + 1 if ends else None

    def is_up(self, executor: str) -> bool:
        """Whether an executor is thought to be alive."""
        return self._member(executor).is_up

    def running_on(self, executor: str) -> tuple[RunKey, ...]:
        """Tasks placed there now, oldest first."""
        return tuple(self._member(executor).running)

    def _trusted_until(self, member: _Member) -> TimeNs | None:
        if self._lease_ns is None or member.heard_ns is None:
            return None
        return member.heard_ns + self._lease_ns

    def _member(self, executor: str) -> _Member:
        member = self._members.get(executor)
        if member is None:
            known = ", ".join(self._members)
            raise ConfigError(f"no executor '{executor}'; there are: {known}")
        return member
