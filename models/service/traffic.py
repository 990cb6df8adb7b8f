"""Load sources: who calls which endpoint, how often, over time."""

from dataclasses import dataclass

from models.base.time import TimeNs


@dataclass(frozen=True, slots=True)
class RateProfile:
    """Piecewise-constant arrival rate: ``rates_per_s[i]`` holds from ``starts_ns[i]`` on.

    ``starts_ns`` begins at 0 (the start of the run), ascends strictly; the last rate holds to
    the end of the run.
    """

    starts_ns: tuple[TimeNs, ...]
    rates_per_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MixEntry:
    """Share of a source's requests that go to one endpoint; shares sum to 1."""

    endpoint: str
    share: float


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """Independent users (Poisson arrivals at ``profile``) calling one service.

    ``zone`` is where the clients sit; an empty string is outside every zone.
    """

    name: str
    service: str
    mix: tuple[MixEntry, ...]
    profile: RateProfile
    zone: str = ""
