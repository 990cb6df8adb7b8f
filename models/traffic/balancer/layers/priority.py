"""Priorities: the first level serves while it can, the next ones take the overflow."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs
from models.traffic.balancer.base import NO_MEMBER, BalancerSnapshot
from models.traffic.balancer.facts import CallerFacts, MemberFacts
from models.traffic.balancer.hashing import mix
from models.traffic.balancer.layers.config import PriorityConfig
from models.traffic.balancer.layers.host_set import HostSet
from models.traffic.balancer.layers.priority_load import LevelCounts, LevelLoad, level_loads

_NOWHERE = MemberFacts()


@dataclass(frozen=True, slots=True)
class LevelSnapshot:
    """One priority level: who is in it, and what falls to it."""

    priority: int
    counts: LevelCounts
    load: LevelLoad


class PriorityLevels:
    """Draws a level by its load, then lets the level pick.

    Loads and panic follow the counts of members that are up, see
    :func:`~models.traffic.balancer.layers.priority_load.level_loads`. A single level thus heeds
    health until less than ``panic_ratio`` of its members are left. A pick whose level offers
    nobody, or only ``avoid``, goes through the other levels in order of priority: a retry
    rather leaves its priority than its chance (Envoy would try the same host again).

    A pick draws only if more than one level has load; a key has its level by its hash. A change
    of who is up is O(levels).

    Source: Envoy ``load_balancer_impl.cc``; semantics 6.1.
    """

    __slots__ = (
        "_caller", "_config", "_facts", "_level_of", "_levels", "_loads", "_make_level", "_sole",
        "_steps", "_stream",
    )  # fmt: skip

    tracks_load: ClassVar[bool] = True

    def __init__(
        self, config: PriorityConfig, stream: Stream, make_level: Callable[[int], HostSet]
    ) -> None:
        self._config = config
        self._stream = stream
        self._make_level = make_level
        self._caller = CallerFacts()
        self._levels = [make_level(0)]
        self._level_of: dict[int, HostSet] = {}
        self._facts: dict[int, MemberFacts] = {}
        self._loads: tuple[LevelLoad, ...] = ()
        self._steps: list[int] = []
        self._sole: HostSet | None = None
        self._rearrange()

    @property
    def needs_key(self) -> bool:
        """True if the levels' policy wants a request key."""
        return self._levels[0].needs_key

    @property
    def needs_time(self) -> bool:
        """True if the levels' policy wants the time of an end."""
        return self._levels[0].needs_time

    def place(self, member: int, facts: MemberFacts) -> None:
        """Say where a member stands, before it is added.

        Raises:
            ConfigError: the member is known to stand elsewhere.
        """
        known = self._facts.setdefault(member, facts)
        if known != facts:
            raise ConfigError(
                f"member {member} stands in zone '{known.zone}' at priority {known.priority} "
                "and cannot move"
            )

    def situate(self, caller: CallerFacts) -> None:
        """Say where the caller and its peers stand."""
        self._caller = caller
        for level in self._levels:
            level.situate(caller)

    def add(self, member: int, weight: int = 1) -> None:
        """Let a member in, up. For a known member only its weight changes.

        Raises:
            ConfigError: the member is negative or the weight below 1.
        """
        if member < 0 or weight < 1:
            raise ConfigError(f"member {member} of weight {weight}: must be >= 0 and >= 1")
        facts = self._facts.setdefault(member, _NOWHERE)
        while len(self._levels) <= facts.priority:
            level = self._make_level(len(self._levels))
            level.situate(self._caller)
            self._levels.append(level)
        level = self._levels[facts.priority]
        level.add(member, weight, facts.zone)
        self._level_of[member] = level
        self._rearrange()

    def remove(self, member: int) -> None:
        """Let a member go.

        Raises:
            ConfigError: the member is not known.
        """
        self._known_level(member).remove(member, self._facts[member].zone)
        del self._level_of[member]
        self._rearrange()

    def mark_down(self, member: int) -> None:
        """Stop picking a member, but for panic; repeating it changes nothing.

        Raises:
            ConfigError: the member is not known.
        """
        self._known_level(member).mark_down(member, self._facts[member].zone)
        self._rearrange()

    def mark_up(self, member: int) -> None:
        """Pick a member again; repeating it changes nothing.

        Raises:
            ConfigError: the member is not known.
        """
        self._known_level(member).mark_up(member, self._facts[member].zone)
        self._rearrange()

    def pick(self, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Draw a level and pick in it; ``NO_MEMBER`` if none can serve."""
        level = self._sole or self._level_at(int(self._stream.uniform() * 100))
        return self._pick_in(level, now, avoid, None)

    def pick_keyed(self, key: int, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Take the key's level and pick in it by the key; ``NO_MEMBER`` if none can serve."""
        level = self._sole or self._level_at(mix(key) % 100)
        return self._pick_in(level, now, avoid, key)

    def started(self, member: int, /) -> None:
        """An attempt was sent to the member."""
        facts = self._facts[member]
        self._levels[facts.priority].started(member, facts.zone)

    def finished(self, member: int, outcome: int, duration_ns: DurationNs, /) -> None:
        """An attempt at the member ended; it may have left since."""
        facts = self._facts[member]
        self._levels[facts.priority].finished(member, outcome, duration_ns, facts.zone)

    def finished_at(
        self, member: int, outcome: int, duration_ns: DurationNs, now: TimeNs, /
    ) -> None:
        """An attempt at the member ended at ``now``; it may have left since."""
        facts = self._facts[member]
        level = self._levels[facts.priority]
        level.finished_at(member, outcome, duration_ns, now, facts.zone)

    def snapshot(self) -> BalancerSnapshot:
        """Members in the order they joined, with their true states, panic or not."""
        entries = {
            entry.member: entry for level in self._levels for entry in level.snapshot().members
        }
        return BalancerSnapshot(tuple(entries[member] for member in self._level_of))

    def levels(self) -> tuple[LevelSnapshot, ...]:
        """Every level from priority 0 on, with what falls to it. Changes nothing."""
        return tuple(
            LevelSnapshot(priority, level.counts, load)
            for priority, (level, load) in enumerate(zip(self._levels, self._loads, strict=True))
        )

    def _level_at(self, percent: int) -> HostSet:
        return next(
            level for level, step in zip(self._levels, self._steps, strict=True) if percent < step
        )

    def _pick_in(self, chosen: HostSet, now: TimeNs, avoid: int, key: int | None) -> int:
        fails_on_panic = self._config.fail_on_panic
        if fails_on_panic and chosen.is_in_panic:
            return NO_MEMBER
        answer = chosen.pick(now, avoid, key)
        if answer not in (NO_MEMBER, avoid):
            return answer
        for level in self._levels:
            if level is chosen or (fails_on_panic and level.is_in_panic):
                continue
            member = level.pick(now, avoid, key)
            if member not in (NO_MEMBER, avoid):
                return member
        return answer

    def _known_level(self, member: int) -> HostSet:
        level = self._level_of.get(member)
        if level is None:
            raise ConfigError(f"member {member} was never added to this balancer")
        return level

    def _rearrange(self) -> None:
        self._loads = level_loads([level.counts for level in self._levels], self._config)
        for level, load in zip(self._levels, self._loads, strict=True):
            level.set_panic(is_on=load.is_in_panic)
        self._steps = list(accumulate(load.percent for load in self._loads))
        whole = [
            level
            for level, load in zip(self._levels, self._loads, strict=True)
            if load.percent == 100
        ]
        self._sole = whole[0] if whole else None
