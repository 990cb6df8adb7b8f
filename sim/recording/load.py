"""How much load a source is meant to bring, for the manifest and for people."""

from collections.abc import Iterator

from models.base.samplers import mean_ns
from models.base.time import NS_PER_S, TimeNs
from models.service.arrivals import RenewalArrivals
from models.service.traffic import RateProfile, SourceSpec


def load_of(source: SourceSpec, end_ns: TimeNs) -> Iterator[tuple[TimeNs, float]]:
    """Beginning and mean rate (1/s) of each piece of a run that long.

    Closed loops have no rate of their own: theirs is that of users who get answers at once.
    """
    if source.users is not None:
        think_ns = mean_ns(source.users.think)
        yield 0, source.users.count * NS_PER_S / think_ns if think_ns else 0.0
    elif isinstance(source.profile, RateProfile):
        yield from source.profile.pieces(end_ns)
    elif isinstance(source.profile, RenewalArrivals):
        yield 0, NS_PER_S / mean_ns(source.profile.gap)
    else:
        yield 0, source.profile.rate_per_s
