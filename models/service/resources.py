"""What an instance works with besides its slots: cores, memory, disk, network, its collector."""

from dataclasses import dataclass
from enum import Enum

from models.base.distributions import Distribution
from models.base.time import NS_PER_MS, DurationNs

MILLI = 1000


class Hold(Enum):
    """Whether a request keeps its slot while it waits for the calls it has made."""

    THREAD = "thread"
    NONE = "none"


class Sharing(Enum):
    """How those who use a device at the same time get their turns: in order, or all at once."""

    FIFO = "fifo"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """A disk or a network card: bytes a second, and how they are shared."""

    bytes_per_s: int
    sharing: Sharing = Sharing.FIFO


@dataclass(frozen=True, slots=True)
class MemorySpec:
    """``limit_bytes`` is what kills the process; it starts with ``base_bytes``.

    Every request in the process, queued or served, holds ``request_bytes``; every one served
    leaves ``leak_bytes`` behind for ever.
    """

    limit_bytes: int
    base_bytes: int = 0
    request_bytes: int = 0
    leak_bytes: int = 0


@dataclass(frozen=True, slots=True)
class CollectorSpec:
    """A garbage collector that stops the world.

    It runs when the requests have allocated what was free after its last run, each
    ``allocated_bytes`` as its work begins. What is live stays: ``base_bytes`` and ``live_bytes``
    for every request in the process. A pause takes ``pause_ns`` and ``per_live_ns`` more for
    every live request, so that the more requests wait, the longer the pauses and the sooner the
    next: the death spiral. ``free_bytes_min`` is left free even where the heap is full.
    """

    heap_bytes: int
    allocated_bytes: int
    base_bytes: int = 0
    live_bytes: int = 0
    pause_ns: DurationNs = NS_PER_MS
    per_live_ns: DurationNs = 0
    free_bytes_min: int = 1


@dataclass(frozen=True, slots=True)
class PausesSpec:
    """The process stands still for ``length``, and ``every`` is the time from one to the next."""

    every: Distribution
    length: Distribution


@dataclass(frozen=True, slots=True)
class WarmUpSpec:
    """A fresh process begins at ``from_ratio`` of its speed and reaches all of it, in steps."""

    length_ns: DurationNs
    from_ratio: float = 0.1
    steps: int = 10


@dataclass(frozen=True, slots=True)
class ResourcesSpec:
    """What bounds an instance besides its slots; what is left out bounds nothing.

    ``millicores`` are shared equally by the requests at work, of which none uses more than one
    core.
    """

    millicores: int | None = None
    memory: MemorySpec | None = None
    collector: CollectorSpec | None = None
    pauses: PausesSpec | None = None
    disk: DeviceSpec | None = None
    network: DeviceSpec | None = None
    warm_up: WarmUpSpec | None = None
    hold: Hold = Hold.THREAD
