"""Links between zones: how long a message takes, and whether it arrives at all.

One link per ordered pair of zones, shared by everything that travels that way, with a latency
stream of its own. The empty zone name is the outside world where users live.
"""

from collections.abc import Callable, Iterable
from typing import Any

from models.base.samplers import Sampler, make_sampler
from models.base.streams import Stream
from models.base.time import DurationNs
from sim.blueprint import LinksSpec
from sim.kernel.environment import Kernel
from sim.kernel.ties import NETWORK

OUTSIDE = ""


class Link:
    """One direction between two zones. While ``is_cut``, messages vanish without a trace.

    ``transit()`` is the hot verb: the latency of one message in nanoseconds.
    """

    __slots__ = ("_cuts", "is_cut", "transit")

    def __init__(self, latency: Sampler) -> None:
        self.transit: Callable[[], DurationNs] = latency.draw
        self._cuts = 0
        self.is_cut = False

    def cut(self) -> None:
        """Lose every message from now on; cuts by several faults add up."""
        self._cuts += 1
        self.is_cut = True

    def mend(self) -> None:
        """Undo one :meth:`cut`."""
        self._cuts -= 1
        self.is_cut = self._cuts > 0


class Network:
    """All links of a world, by the names of the zones they join."""

    def __init__(self, kernel: Kernel, zones: Iterable[str], spec: LinksSpec, seed: int) -> None:
        self._kernel = kernel
        self._links: dict[tuple[str, str], Link] = {}
        places = (OUTSIDE, *zones)
        for here in places:
            for there in places:
                if OUTSIDE in (here, there):
                    law = spec.external
                else:
                    law = spec.same_zone if here == there else spec.cross_zone
                stream = Stream(seed, f"link/{here}->{there}")
                self._links[here, there] = Link(make_sampler(law, stream))

    def link(self, here: str, there: str) -> Link:
        """The link for messages from zone ``here`` to zone ``there``."""
        return self._links[here, there]

    def links_of(self, zone: str) -> list[Link]:
        """Every link that begins or ends in ``zone``, its inner one included once."""
        return [link for ends, link in self._links.items() if zone in ends]

    def send(self, here: str, there: str, deliver: Callable[[Any], object], message: Any) -> None:
        """Carry a control-plane message: ``deliver(message)`` runs there, unless it is lost."""
        link = self._links[here, there]
        if not link.is_cut:
            kernel = self._kernel
            kernel.post(kernel.now + link.transit(), NETWORK, deliver, message)
