"""Load sources: users who come by themselves, whether they are answered or not."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from heapq import heapify, heappush
from itertools import accumulate
from typing import Protocol

from models.base.outcome import Outcome
from models.base.streams import Stream
from models.base.time import DurationNs
from models.faults.surge import surged
from models.service.traffic import RateProfile, SourceSpec
from sim.kernel.environment import Kernel
from sim.kernel.ties import USER
from sim.nodes.arrivals import instants_of, poisson
from sim.nodes.attempt import Attempt, Request
from sim.nodes.channel import Channel
from sim.nodes.marking import marker_of
from sim.nodes.plan import Entry, PlanNode


class SourcePorts(Protocol):
    """What a source needs of the world."""

    @property
    def request_ids(self) -> Iterator[int]:
        """The numbers of requests to come."""

    def record_request(self, last: Attempt, outcome: Outcome) -> None:
        """Write down how a request ended."""


class Source:
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
        self._marker = marker_of(spec, streams)
        self.channels: Mapping[int, Channel] = {}
        self.open_requests: dict[int, Request] = {}
        self.on_end: Callable[[DurationNs, Outcome], object] | None = None
        self._is_stopped = False
        self._prepare(streams)

    def _prepare(self, streams: Callable[[str], Stream]) -> None:
        """What a kind of source needs besides, on streams of its own."""

    def start(self) -> None:
        """Begin to send; to be called once, when the client node is connected."""
        self.aim()

    def aim(self) -> None:
        """Send by the channel that is there now; to be called when it has been replaced."""
        self._send = self.channels[self._service_index].call

    def stop(self) -> None:
        """Send nothing more; what is under way goes on."""
        self._is_stopped = True

    def call_ended(self, last: Attempt, outcome: Outcome) -> None:
        """The user's request has its outcome."""
        request = last.request
        del self.open_requests[request.id]
        self._ports.record_request(last, outcome)
        if self.on_end is not None:
            self.on_end(self._kernel.now - request.arrival_ns, outcome)

    def _place_in_mix(self) -> int:
        return bisect_right(self._cumulative, self._mix.uniform()) if self._cumulative else 0

    def _request(self, place: int) -> Request:
        """A new request to that place in the mix, arriving now."""
        entry = self._entries[place]
        request = Request()
        request.id = number = next(self._ids)
        request.source = self.index
        request.node = entry.root
        request.arrival_ns = self._kernel.now
        request.demands = list(map(next, entry.demands))
        if self._marker is not None:
            self._marker.mark(request, place)
        self.open_requests[number] = request
        return request


class LoadSource(Source):
    """An open loop: requests arrive by a law of their own."""

    def _prepare(self, streams: Callable[[str], Stream]) -> None:
        self._arrivals = instants_of(self.spec.profile, self.name, streams)
        has_one_kind = self._marker is None and not self._cumulative
        self._only = self._entries[0] if has_one_kind else None

    def start(self) -> None:
        """Schedule the first arrival."""
        super().start()
        when = next(self._arrivals, None)
        if when is not None:
            self._kernel.post(when, USER, self._arrive, None)

    def go_on_at(self, profile: RateProfile, stream: Stream) -> None:
        """From now on arrive by this profile; what was due by another is called off.

        Takes O(n) of the agenda.
        """
        agenda, now = self._agenda, self._kernel.now
        agenda[:] = [entry for entry in agenda if entry[2] != self._arrive]
        heapify(agenda)
        self._arrivals = poisson(surged(profile, 0, now, 0.0), stream)
        when = next(self._arrivals, None)
        if when is not None:
            self._kernel.post(when, USER, self._arrive, None)

    def _arrive(self, _: object) -> None:
        if self._is_stopped:
            return
        only = self._only
        if only is None:
            request = self._request(self._place_in_mix())
        else:
            request = Request()
            request.id = number = next(self._ids)
            request.source = self.index
            request.node = only.root
            request.arrival_ns = self._kernel.now
            request.demands = list(map(next, only.demands))
            self.open_requests[number] = request
        self._send(request.node, request, None)
        when = next(self._arrivals, None)
        if when is not None:
            heappush(self._agenda, (when, next(self._user_numbers), self._arrive, None))
