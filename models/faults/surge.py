"""More load than a source brings by itself: what surges make of its rate.

A plan is known before the run, so a surge is no event: the rate is multiplied where it lasts, and
the arrivals are drawn from the product. What comes before it comes as it would have come anyway.
Where an experiment calls faults off, a source goes on by a profile without what was called off.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from models.base.errors import ConfigError
from models.base.time import TimeNs
from models.faults.kind import FaultKind
from models.faults.plan import Fault
from models.service.traffic import RateProfile, SourceSpec


@dataclass(frozen=True, slots=True)
class LoadSurge(FaultKind):
    """A source whose users come by themselves brings ``factor`` times its rate.

    Surges of one source that overlap multiply.
    """

    name = "load_surge"

    source: str
    factor: float

    @property
    def where(self) -> str:
        """For people: whose load it is."""
        return f"of {self.source}"


def surged(
    profile: RateProfile, begin_ns: TimeNs, end_ns: TimeNs | None, factor: float
) -> RateProfile:
    """The profile with ``factor`` times the rate from ``begin_ns`` on, until ``end_ns`` if given.

    A piece that is only partly inside is cut; a slope stays a slope.
    """
    cuts = {begin_ns} if end_ns is None else {begin_ns, end_ns}
    bounds: list[TimeNs] = sorted({*profile.starts_ns, *cuts})
    firsts, lasts = [], []
    for start, until in zip(bounds, [*bounds[1:], None], strict=True):
        is_inside = begin_ns <= start and (end_ns is None or start < end_ns)
        times = factor if is_inside else 1.0
        first, last = _ends_of(profile, start, until)
        firsts.append(first * times)
        lasts.append(last * times)
    ends = None if firsts == lasts else tuple(lasts)
    return RateProfile(tuple(bounds), tuple(firsts), ends)


def _ends_of(profile: RateProfile, start: TimeNs, until: TimeNs | None) -> tuple[float, float]:
    """Rates at both ends of a stretch that lies within one piece; None is for ever."""
    place = bisect_right(profile.starts_ns, start) - 1
    first, last = profile.rates_per_s[place], profile.ends[place]
    if first == last or until is None:
        return first, last
    begin, end = profile.starts_ns[place : place + 2]
    length = end - begin
    at_start = first if start == begin else first + (last - first) * ((start - begin) / length)
    at_end = last if until == end else first + (last - first) * ((until - begin) / length)
    return at_start, at_end


def with_surges(
    sources: Iterable[SourceSpec], plan: Iterable[Fault], measure_begins_ns: TimeNs
) -> tuple[SourceSpec, ...]:
    """The sources with the rates that the surges of a plan give them.

    Raises:
        ConfigError: a surge of a source that is not there, or that has no rate of its own.
    """
    surges = [(fault, fault.kind) for fault in plan if isinstance(fault.kind, LoadSurge)]
    known = tuple(sources)
    for fault, kind in surges:
        if kind.source not in {source.name for source in known}:
            raise ConfigError(f"{fault.label}: there is no source {kind.source!r}")
    return tuple(
        _with_its_surges(
            source, [surge for surge in surges if surge[1].source == source.name], measure_begins_ns
        )
        for source in known
    )


def has_rate(source: SourceSpec) -> bool:
    """Whether a source has a rate that a surge can multiply."""
    return source.users is None and isinstance(source.profile, RateProfile)


def _with_its_surges(
    source: SourceSpec, surges: Sequence[tuple[Fault, LoadSurge]], measure_begins_ns: TimeNs
) -> SourceSpec:
    if not surges:
        return source
    profile = source.profile
    if source.users is not None or not isinstance(profile, RateProfile):
        raise ConfigError(f"{surges[0][0].label}: {source.name!r} has no rate of its own")
    for fault, kind in surges:
        begin = measure_begins_ns + fault.at_ns
        end = None if fault.for_ns is None else begin + fault.for_ns
        profile = surged(profile, begin, end, kind.factor)
    return replace(source, profile=profile)
