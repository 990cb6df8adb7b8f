"""How much of the traffic each priority level gets, and which levels are in panic.

Whole-number arithmetic on counts of members, so the same counts give the same percentages
everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.traffic.balancer.layers.config import PriorityConfig


@dataclass(frozen=True, slots=True)
class LevelCounts:
    """Members of one priority level: all of them, and those that are up."""

    total: int
    available: int


@dataclass(frozen=True, slots=True)
class LevelLoad:
    """What falls to one priority level: percent of the traffic, and whether it is in panic."""

    percent: int
    is_in_panic: bool


def level_health(counts: LevelCounts, overprovisioning_percent: int) -> int:
    """Health of a level in percent: its available share times the factor, at most 100.

    A level without members has health 0.
    """
    if not counts.total:
        return 0
    return min(100, overprovisioning_percent * counts.available // counts.total)


def is_panicking(counts: LevelCounts, panic_ratio: float) -> bool:
    """True if strictly less than ``panic_ratio`` of the level's members are available.

    A level without members has nobody available, so any threshold above 0 finds it in panic.
    """
    if not counts.total:
        return panic_ratio > 0.0
    return counts.available / counts.total < panic_ratio


def shares_of_health(healths: Sequence[int]) -> list[int]:
    """Percent of traffic of each level, by its health (0 to 100); sums to 100.

    Each level takes health / total health, total at most 100, until nothing is left; what
    rounding left over goes to the first level with any health. All of it goes to the first
    level if none has health.
    """
    total_health = min(100, sum(healths))
    if not total_health:
        return [100] + [0] * (len(healths) - 1)
    shares = []
    left = 100
    for health in healths:
        shares.append(min(left, health * 100 // total_health))
        left -= shares[-1]
    first = next(level for level, health in enumerate(healths) if health)
    shares[first] += left
    return shares


def level_loads(levels: Sequence[LevelCounts], config: PriorityConfig) -> tuple[LevelLoad, ...]:
    """Judge all levels, from priority 0 on; at least one. The percentages sum to 100.

    Panic is only looked for while the levels' healths sum to less than 100. If every level is in
    panic, traffic follows the number of members instead of their health.

    Source: Envoy ``load_balancer_impl.cc``; semantics 6.1. Differs in knowing no degraded
    members: one is up or not.
    """
    healths = [level_health(counts, config.overprovisioning_percent) for counts in levels]
    shares = shares_of_health(healths)
    if sum(healths) >= 100:
        return tuple(LevelLoad(share, is_in_panic=False) for share in shares)
    panics = [is_panicking(counts, config.panic_ratio) for counts in levels]
    if all(panics):
        shares = _shares_of_size([counts.total for counts in levels])
    return tuple(LevelLoad(share, panic) for share, panic in zip(shares, panics, strict=True))


def _shares_of_size(totals: Sequence[int]) -> list[int]:
    members = sum(totals)
    if not members:
        return [100] + [0] * (len(totals) - 1)
    shares = [100 * total // members for total in totals]
    first = next(level for level, total in enumerate(totals) if total)
    shares[first] += 100 - sum(shares)
    return shares
