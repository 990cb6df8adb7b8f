"""Load sources: independent users whose rate follows a profile.

Arrivals are a non-homogeneous Poisson process by inversion: unit-rate exponential gaps are spent
along the integral of the piecewise-constant rate, one draw per arrival and no rejection.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from heapq import heappush
from itertools import accumulate
from math import inf
from typing import Protocol

from models.base.outcome import Outcome
from models.base.samplers import UnitExponentials
from models.base.streams import Stream
from models.base.time import DURATION_NS_MAX, NS_PER_S, DurationNs, TimeNs
from models.service.traffic import RateProfile, SourceSpec
from sim.kernel.environment import Kernel
from sim.kernel.ties import USER
from sim.nodes.attempt import Attempt, Request
from sim.nodes.channel import Channel
from sim.nodes.plan import Entry, PlanNode


def arrivals(profile: RateProfile, stream: Stream) -> Iterator[TimeNs]:
    """Instants of a Poisson process whose rate is piecewise constant; whole nanoseconds.

    Ends where the rate is zero from there on, or as good as zero.
    """
    gaps = UnitExponentials(stream).draws
    ends_ns = (*(float(start) for start in profile.starts_ns[1:]), inf)
    now_ns = 0.0
    gap = next(gaps)
    for rate_per_s, end_ns in zip(profile.rates_per_s, ends_ns, strict=True):
        rate = rate_per_s / NS_PER_S
        while rate and gap < (end_ns - now_ns) * rate:
            now_ns += gap / rate
            if now_ns >= DURATION_NS_MAX:
                return
            yield int(now_ns)
            gap = next(gaps)
        gap -= (end_ns - now_ns) * rate
        now_ns = end_ns


class SourcePorts(Protocol):
    """What a source needs of the world."""

    @property
    def request_ids(self) -> Iterator[int]:
        """The numbers of requests to come."""

    def record_request(self, last: Attempt, outcome: Outcome) -> None:
        """Write down how a request ended."""


class LoadSource:
    """Users of one source, behind one client node with its own view and policies.

    ``open_requests`` are those without an outcome yet, by number. ``on_end``, if set, is told of
    each request's duration and outcome.
    """

    _send: Callable[[PlanNode, Request, None], None]

    def __init__(
        self,
        kernel: Kernel,
        ports: SourcePorts,
        *,
        spec: SourceSpec,
        index: int,
        client_index: int,
        entries: tuple[Entry, ...],
        service_index: int,
        streams: Callable[[str], Stream],
    ) -> None:
        self._kernel = kernel
        self._agenda = kernel.agenda
        self._user_numbers = kernel.numbers[USER]
        self._ports = ports
        self._ids = ports.request_ids
        self.spec = spec
        self.name = spec.name
        self.zone = spec.zone
        self.index = index
        self.client_index = client_index
        self._entries = entries
        self._service_index = service_index
        self._mix = streams(f"mix/{spec.name}")
        shares = list(accumulate(entry.share for entry in entries))
        self._cumulative = [share / shares[-1] for share in shares[:-1]]
        self._arrivals = arrivals(spec.profile, streams(f"arrivals/{spec.name}"))
        self.channels: Mapping[int, Channel] = {}
        self.open_requests: dict[int, Request] = {}
        self.on_end: Callable[[DurationNs, Outcome], object] | None = None
        self._is_stopped = False

    def start(self) -> None:
        """Schedule the first arrival."""
        self._send = self.channels[self._service_index].call
        when = next(self._arrivals, None)
        if when is not None:
            self._kernel.post(when, USER, self._arrive, None)

    def stop(self) -> None:
        """Send nothing more; what is under way goes on."""
        self._is_stopped = True

    def _arrive(self, _: object) -> None:
        if self._is_stopped:
            return
        entry = self._entries[0]
        if self._cumulative:
            entry = self._entries[bisect_right(self._cumulative, self._mix.uniform())]
        request = Request()
        request.id = number = next(self._ids)
        request.source = self.index
        request.node = root = entry.root
        request.arrival_ns = self._kernel.now
        request.demands = list(map(next, entry.demands))
        self.open_requests[number] = request
        self._send(root, request, None)
        when = next(self._arrivals, None)
        if when is not None:
            heappush(self._agenda, (when, next(self._user_numbers), self._arrive, None))

    def call_ended(self, last: Attempt, outcome: Outcome) -> None:
        """The user's request has its outcome."""
        request = last.request
        del self.open_requests[request.id]
        self._ports.record_request(last, outcome)
        if self.on_end is not None:
            self.on_end(self._kernel.now - request.arrival_ns, outcome)
