"""Subsets: each caller connects to a few of the members, and together they load all evenly.

With thousands of callers and members, connections of each to each cost more than they bring.
Both methods are pure functions of names and numbers that all callers share, so callers agree
without talking to each other.
"""

from collections.abc import Collection
from hashlib import blake2b
from typing import ClassVar

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs
from models.traffic.balancer.base import NO_MEMBER, Balancer, BalancerSnapshot, MemberSnapshot
from models.traffic.balancer.facts import CallerFacts, MemberFacts, PlacedBalancer
from models.traffic.balancer.layers.config import SubsetConfig, SubsetMethod

_DIGEST_BYTES = 16


def deterministic_order(members: Collection[int], caller: int, config: SubsetConfig) -> list[int]:
    """Members in the caller's order of preference; the first ``size`` are its subset.

    Callers come in rounds. The callers of one round cut one shuffle of the members into
    slices, so in each round no two share a member, and a full round leaves out only the
    remainder that does not fill a slice. A change of membership reshuffles every round.

    Source: "Site Reliability Engineering", chapter 20, deterministic subsetting. Differs in
    shuffling by the order of 128-bit digests instead of a seeded generator.
    """
    slices = max(1, len(members) // config.size)
    turn, place = divmod(caller, slices)
    shuffled = sorted(members, key=lambda member: _digest(config.salt, f"round {turn}", member))
    start = place * config.size
    return shuffled[start:] + shuffled[:start]


def rendezvous_order(members: Collection[int], caller: int, config: SubsetConfig) -> list[int]:
    """Members in the caller's order of preference; the first ``size`` are its subset.

    Every pair of caller and member has a digest, and a caller prefers the lowest. Who comes or
    goes moves at most one member of any subset. Members get callers in random numbers, spread
    like a binomial, where the deterministic method is even.

    Source: Thaler and Ravishankar 1998, "Using name-based mappings to increase hit rates".
    """
    return sorted(members, key=lambda member: _digest(config.salt, f"caller {caller}", member))


def _digest(salt: str, purpose: str, member: int) -> bytes:
    label = f"{len(salt)} {salt} {purpose} {member}".encode()
    return blake2b(label, digest_size=_DIGEST_BYTES).digest()


class Subset:
    """Lets a policy see only the caller's subset of the members.

    A member that is down keeps its place in the subset. Only when nobody in the subset is up
    does the next one up in the order of preference step in, until somebody is back. ``avoid``
    is heeded within the subset.

    The policy learns of changes at the next pick, all at once: O(n log n) for n members. The
    first pick after a change pays for it, any other costs one comparison.
    """

    __slots__ = (
        "_caller", "_config", "_down", "_is_settled", "_policy", "_shown", "_weights",
    )  # fmt: skip

    tracks_load: ClassVar[bool] = True

    def __init__(self, config: SubsetConfig, policy: Balancer) -> None:
        self._config = config
        self._policy = policy
        self._caller = CallerFacts()
        self._weights: dict[int, int] = {}
        self._down: set[int] = set()
        self._shown: dict[int, bool] = {}
        self._is_settled = True

    @property
    def needs_key(self) -> bool:
        """True if the policy wants a request key."""
        return self._policy.needs_key

    @property
    def needs_time(self) -> bool:
        """True if the policy wants the time of an end."""
        return self._policy.needs_time

    def place(self, member: int, facts: MemberFacts) -> None:
        """Pass on where a member stands, if the policy wants to know."""
        if isinstance(self._policy, PlacedBalancer):
            self._policy.place(member, facts)

    def situate(self, caller: CallerFacts) -> None:
        """Learn the caller's number; another number is another subset."""
        self._is_settled = self._is_settled and caller.index == self._caller.index
        self._caller = caller
        if isinstance(self._policy, PlacedBalancer):
            self._policy.situate(caller)

    def add(self, member: int, weight: int = 1) -> None:
        """Let a member in, up. For a known member only its weight changes.

        Raises:
            ConfigError: the member is negative or the weight below 1.
        """
        if member < 0 or weight < 1:
            raise ConfigError(f"member {member} of weight {weight}: must be >= 0 and >= 1")
        if member not in self._weights:
            self._is_settled = False
        elif member in self._shown:
            self._policy.add(member, weight)
        self._weights[member] = weight

    def remove(self, member: int) -> None:
        """Let a member go.

        Raises:
            ConfigError: the member is not known.
        """
        self.mark_down(member)
        self._down.remove(member)
        del self._weights[member]
        self._is_settled = False

    def mark_down(self, member: int) -> None:
        """Stop picking a member; repeating it changes nothing.

        Raises:
            ConfigError: the member is not known.
        """
        self._require(member)
        if member not in self._down:
            self._down.add(member)
            self._is_settled = False

    def mark_up(self, member: int) -> None:
        """Pick a member again; repeating it changes nothing.

        Raises:
            ConfigError: the member is not known.
        """
        self._require(member)
        if member in self._down:
            self._down.remove(member)
            self._is_settled = False

    def pick(self, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Pick from the subset as the policy does."""
        if not self._is_settled:
            self._settle()
        return self._policy.pick(now, avoid)

    def pick_keyed(self, key: int, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Pick from the subset by key, as the policy does."""
        if not self._is_settled:
            self._settle()
        return self._policy.pick_keyed(key, now, avoid)

    def started(self, member: int, /) -> None:
        """An attempt was sent to the member."""
        self._policy.started(member)

    def finished(self, member: int, outcome: int, duration_ns: DurationNs, /) -> None:
        """An attempt at the member ended; it may have left the subset since."""
        self._policy.finished(member, outcome, duration_ns)

    def finished_at(
        self, member: int, outcome: int, duration_ns: DurationNs, now: TimeNs, /
    ) -> None:
        """An attempt at the member ended at ``now``; it may have left the subset since."""
        self._policy.finished_at(member, outcome, duration_ns, now)

    def snapshot(self) -> BalancerSnapshot:
        """All members in the order they joined; only those of the subset have active counts."""
        active = {entry.member: entry.active for entry in self._policy.snapshot().members}
        return BalancerSnapshot(
            tuple(
                MemberSnapshot(member, weight, member not in self._down, active.get(member))
                for member, weight in self._weights.items()
            )
        )

    def members(self) -> tuple[int, ...]:
        """The members that the caller uses now, in its order of preference. O(n log n)."""
        order = self._order()
        chosen = order[: self._config.size]
        if all(member in self._down for member in chosen):
            spare = [member for member in order if member not in self._down]
            chosen += spare[:1]
        return tuple(chosen)

    def _order(self) -> list[int]:
        deterministic = self._config.method is SubsetMethod.DETERMINISTIC
        order = deterministic_order if deterministic else rendezvous_order
        return order(self._weights, self._caller.index, self._config)

    def _settle(self) -> None:
        """Show the policy the present subset: who left first, then who joined or changed."""
        self._is_settled = True
        wanted = {member: member not in self._down for member in self.members()}
        policy = self._policy
        for member in [shown for shown in self._shown if shown not in wanted]:
            policy.remove(member)
            del self._shown[member]
        for member, is_up in wanted.items():
            was_up = self._shown.get(member)
            if was_up is None:
                policy.add(member, self._weights[member])
                was_up = True
            if was_up is not is_up:
                (policy.mark_up if is_up else policy.mark_down)(member)
            self._shown[member] = is_up

    def _require(self, member: int) -> None:
        if member not in self._weights:
            raise ConfigError(f"member {member} was never added to this balancer")
