"""Links between zones: how long a message takes, and whether it arrives at all.

Messages of one purpose that go the same way share a link with a latency stream of its own, so
that turning monitoring on, or adding an edge, does not shift the latencies of other traffic. The
empty zone name is the outside world where users live.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from typing import Any

from models.base.distributions import Distribution
from models.base.samplers import Sampler, make_sampler
from models.base.streams import Stream
from models.base.time import DurationNs
from sim.blueprint import LinksSpec
from sim.kernel.environment import Kernel
from sim.kernel.ties import NETWORK

OUTSIDE = ""


class Link:
    """One direction between two zones. While ``is_cut``, messages vanish without a trace.

    ``latencies`` is the endless sequence of them, in nanoseconds, one for each message. ``cuts``
    counts the faults that hold the link.
    """

    __slots__ = ("cuts", "is_cut", "latencies")

    def __init__(self, latency: Sampler, cuts: int) -> None:
        self.latencies: Iterator[DurationNs] = latency.draws
        self.cuts = cuts
        self.is_cut = cuts > 0

    def cut(self) -> None:
        """Lose every message from now on; cuts by several faults add up."""
        self.cuts += 1
        self.is_cut = True

    def mend(self) -> None:
        """Undo one :meth:`cut`."""
        self.cuts -= 1
        self.is_cut = self.cuts > 0


class Network:
    """All links of a world, by the names of the zones they join and by purpose.

    An instance speaks for one purpose; :meth:`view` gives the same network to another one.
    """

    def __init__(
        self,
        kernel: Kernel,
        zones: Iterable[str],
        spec: LinksSpec,
        seed: int,
        purpose: str = "control",
    ) -> None:
        self._kernel = kernel
        self._zones = (OUTSIDE, *zones)
        self._spec = spec
        self._seed = seed
        self._purpose = purpose
        self._links: dict[tuple[str, str, str], Link] = {}
        self._first: dict[tuple[str, str], Link] = {}
        for here in self._zones:
            for there in self._zones:
                self._first[here, there] = self.link(here, there)

    def view(self, purpose: str) -> Network:
        """The same zones, cuts and latency laws, with streams of their own for ``purpose``."""
        other = copy(self)
        other._purpose = purpose  # noqa: SLF001 - a view of ourselves
        return other

    def link(self, here: str, there: str) -> Link:
        """The link for this purpose's messages from zone ``here`` to zone ``there``."""
        key = (here, there, self._purpose)
        if key not in self._links:
            stream = Stream(self._seed, f"link/{self._purpose}/{here}->{there}")
            first = self._first.get((here, there))
            cuts = 0 if first is None else first.cuts
            self._links[key] = Link(make_sampler(self._law(here, there), stream), cuts)
        return self._links[key]

    def _law(self, here: str, there: str) -> Distribution:
        if OUTSIDE in (here, there):
            return self._spec.external
        return self._spec.same_zone if here == there else self._spec.cross_zone

    def links_of(self, zone: str) -> list[Link]:
        """Every link of every purpose that begins or ends in ``zone``."""
        return [link for (here, there, _), link in self._links.items() if zone in (here, there)]

    def send(self, here: str, there: str, deliver: Callable[[Any], object], message: Any) -> None:
        """Carry a control-plane message: ``deliver(message)`` runs there, unless it is lost."""
        link = self.link(here, there)
        if not link.is_cut:
            kernel = self._kernel
            kernel.post(kernel.now + next(link.latencies), NETWORK, deliver, message)
