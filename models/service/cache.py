"""What an endpoint remembers of what it has answered before."""

from dataclasses import dataclass

from models.base.keys import KeyLaw
from models.base.time import NS_PER_S, DurationNs


@dataclass(frozen=True, slots=True)
class CacheSpec:
    """A cache in front of an endpoint's calls: they are made for what is not in it.

    Requests ask for ``keys``, with None for what their source says that they are about;
    ``absent_ratio`` of all keys do not exist, which is found out by
    calling too. Each instance keeps up to ``capacity`` keys of its own, and loses them when it
    crashes, unless ``is_shared``: then the service has one store apart from its instances.
    ``is_warm``: it starts full of the most popular keys, of all ages up to ``ttl_ns``. The other
    fields are those of ``models.traffic.response_cache.CacheConfig``.
    """

    keys: KeyLaw | None
    capacity: int = 1000
    ttl_ns: DurationNs = 60 * NS_PER_S
    jitter_ratio: float = 0.0
    stale_ns: DurationNs = 0
    absent_ratio: float = 0.0
    negative_ttl_ns: DurationNs = 0
    early_beta: float = 0.0
    coalesces: bool = True
    is_shared: bool = False
    is_warm: bool = False
