"""What a source writes on its requests besides where they go: key, tenant, importance, patience."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate

from models.base.popularity import make_keys
from models.base.streams import Stream
from models.service.traffic import KeySpec, SourceSpec
from sim.nodes.attempt import Request

HOT_KEY = 0


class Marker:
    """Marks the requests of one source; each mark has a stream of its own."""

    __slots__ = ("_hot", "_keys", "_keys_spec", "_patience_ns", "_priorities", "_tenants")

    def __init__(self, spec: SourceSpec, streams: Callable[[str], Stream]) -> None:
        self._keys_spec: KeySpec | None = spec.keys
        self._keys: Iterator[int] = iter(())
        self._hot: Stream | None = None
        if spec.keys is not None:
            self._keys = make_keys(spec.keys.law, streams(f"keys/{spec.name}"))
            if spec.keys.hot_share:
                self._hot = streams(f"hot/{spec.name}")
        self._tenants = _Tenants(spec, streams) if spec.tenants else None
        self._priorities = tuple(entry.priority for entry in spec.mix)
        self._patience_ns = spec.patience_ns

    def mark(self, request: Request, place: int) -> None:
        """Write on a request that was drawn from that place in the mix."""
        if self._keys_spec is not None:
            request.key = next(self._keys)
            if self._hot is not None and self._hot.uniform() < self._keys_spec.hot_share:
                request.key = HOT_KEY
        if self._tenants is not None:
            request.tenant = self._tenants.draw()
        priority = self._priorities[place]
        if priority is not None:
            request.priority = priority
        if self._patience_ns:
            request.deadline_ns = request.arrival_ns + self._patience_ns


def marker_of(spec: SourceSpec, streams: Callable[[str], Stream]) -> Marker | None:
    """A marker, or None where the source has nothing to write."""
    has_priorities = any(entry.priority is not None for entry in spec.mix)
    if spec.keys is None and not spec.tenants and not spec.patience_ns and not has_priorities:
        return None
    return Marker(spec, streams)


class _Tenants:
    """Draws who is asking."""

    __slots__ = ("_cumulative", "_numbers", "_stream")

    def __init__(self, spec: SourceSpec, streams: Callable[[str], Stream]) -> None:
        self._stream = streams(f"tenants/{spec.name}")
        self._numbers = [number for number, _ in spec.tenants]
        shares = list(accumulate(share for _, share in spec.tenants))
        self._cumulative = [share / shares[-1] for share in shares[:-1]]

    def draw(self) -> int:
        return self._numbers[bisect_right(self._cumulative, self._stream.uniform())]
