"""Load sources: who calls which endpoint, how often, over time."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from models.base.distributions import Distribution
from models.base.errors import ConfigError
from models.base.keys import KeyLaw
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.service.arrivals import BurstArrivals, RenewalArrivals, TimedArrivals


@dataclass(frozen=True, slots=True)
class RateProfile:
    """Arrival rate by pieces: from ``starts_ns[i]`` on it is ``rates_per_s[i]``.

    ``starts_ns`` begins at 0 (the start of the run), ascends strictly; the last rate holds to
    the end of the run. With ``ends_per_s`` the rate of a piece runs in a straight line from
    ``rates_per_s[i]`` to ``ends_per_s[i]``; the last piece must be level.

    Raises:
        ConfigError: columns of different lengths, a rate below 0, or a last piece on a slope.
    """

    starts_ns: tuple[TimeNs, ...]
    rates_per_s: tuple[float, ...]
    ends_per_s: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        ends = self.ends
        if not len(self.starts_ns) == len(self.rates_per_s) == len(ends) > 0:
            raise ConfigError("profile: as many starts as rates, and at least one")
        if min(*self.rates_per_s, *ends) < 0.0:
            raise ConfigError("profile: a rate must not be negative")
        if self.rates_per_s[-1] != ends[-1]:
            raise ConfigError("profile: the last piece must be level")

    @property
    def ends(self) -> tuple[float, ...]:
        """The rate at the end of each piece."""
        return self.rates_per_s if self.ends_per_s is None else self.ends_per_s

    def pieces(self, end_ns: TimeNs) -> Iterator[tuple[TimeNs, float]]:
        """Beginning and mean rate of each piece that begins before ``end_ns``."""
        for begin, first, last in zip(self.starts_ns, self.rates_per_s, self.ends, strict=True):
            if begin < end_ns:
                yield begin, (first + last) / 2.0


Arrivals: TypeAlias = RateProfile | RenewalArrivals | BurstArrivals | TimedArrivals


@dataclass(frozen=True, slots=True)
class MixEntry:
    """Share of a source's requests that go to one endpoint; shares sum to 1.

    ``priority`` is the criticality of these requests (greater matters more), None for the usual.
    """

    endpoint: str
    share: float
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class UserSpec:
    """People who wait for an answer before they go on: a closed loop.

    Each of ``count`` users thinks, sends a request, waits for its outcome, and thinks again. The
    first of them begins at the start of the run, the last ``ramp_ns`` later, evenly spread. With
    ``journey``, places in the mix, each follows these in order and then begins anew after
    ``rest``; without, each request is drawn from the mix.

    Raises:
        ConfigError: no users, or a ramp below 0.
    """

    count: int
    think: Distribution
    ramp_ns: DurationNs = 0
    journey: tuple[int, ...] = ()
    rest: Distribution | None = None

    def __post_init__(self) -> None:
        if self.count < 1 or self.ramp_ns < 0:
            raise ConfigError("users: at least one, and a ramp that is not negative")


@dataclass(frozen=True, slots=True)
class KeySpec:
    """What requests are about: keys by a law, and a share of them about one hot key, key 0."""

    law: KeyLaw
    hot_share: float = 0.0


class Credential(Enum):
    """What clients show to prove who they are."""

    NONE = "none"
    KEY = "key"
    TOKEN = "token"
    GUESSED = "guessed"


@dataclass(frozen=True, slots=True)
class HttpSpec:
    """How requests look to a gateway: from clients numbered from ``first_client`` on.

    A guessed credential is another one with every request; with ``has_unknown_paths`` each asks
    for a path that nobody serves. Tokens live ``token_lifetime_ns`` and carry ``scopes``.
    """

    host: str = "gateway"
    credential: Credential = Credential.NONE
    has_unknown_paths: bool = False
    scopes: frozenset[str] = frozenset()
    first_client: int = 0
    token_lifetime_ns: DurationNs = 600 * NS_PER_S


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """Users calling one service.

    They arrive independently at ``profile``, or by another law of arrivals; where ``users`` are
    given they are a closed loop and the profile says nothing. ``zone`` is where the clients sit;
    an empty string is outside every zone. ``tenants`` are numbers and shares of who is asking;
    ``patience_ns`` is how long after its arrival a request is of use, 0 for ever.
    """

    name: str
    service: str
    mix: tuple[MixEntry, ...]
    profile: Arrivals
    zone: str = ""
    users: UserSpec | None = None
    keys: KeySpec | None = None
    tenants: tuple[tuple[int, float], ...] = ()
    patience_ns: DurationNs = 0
    http: HttpSpec | None = None
