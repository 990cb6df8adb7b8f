"""What instances work with, as written: memory, its collector, pauses, devices, a slow start."""

from typing import Annotated, Literal

from pydantic import Field

from models.base.time import NS_PER_MS
from scenarios.document.distributions import DistributionDoc
from scenarios.document.quantities import Bytes, Duration, Ratio
from scenarios.document.shapes import Section


class MemoryDoc(Section):
    """Above ``limit`` the process is killed and starts again.

    It holds ``base`` from the start, ``request`` for every request that is queued or served, and
    for ever what each request served has leaked (``leak``).
    """

    limit: Bytes
    base: Bytes = 0
    request: Bytes = 0
    leak: Bytes = 0


class CollectorDoc(Section):
    """A garbage collector that stops the world once what was free is allocated.

    Each request allocates ``allocates`` as its work begins. ``base``, and ``live`` for every
    request queued or served, stay in the ``heap``. A pause takes ``pause`` and ``per_request``
    more for every such request.
    """

    heap: Bytes
    allocates: Bytes
    base: Bytes = 0
    live: Bytes = 0
    pause: Duration = NS_PER_MS
    per_request: Duration = 0
    free_at_least: Bytes = 1


class PausesDoc(Section):
    """The process stands still for ``length``; ``every`` is the time until the next pause."""

    every: DistributionDoc
    length: DistributionDoc


class DeviceDoc(Section):
    """A disk or a network card: bytes ``per_second``, in order of coming or shared equally."""

    per_second: Bytes
    sharing: Literal["fifo", "shared"] = "fifo"


class WarmUpDoc(Section):
    """A process that has started begins at the share ``begin`` of its speed; full after ``for``."""

    for_: Annotated[Duration, Field(alias="for")]
    begin: Ratio = 0.1
    steps: Annotated[int, Field(ge=1, le=1000)] = 10
