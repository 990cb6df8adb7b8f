"""What travels: a user's request, and one attempt of one call on its behalf.

An attempt is seen from two sides. Its caller waits for it in a lane until it knows how it ended;
the instance that serves it may still be working on it long after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from models.base.outcome import Outcome
from models.base.time import DurationNs, TimeNs

if TYPE_CHECKING:
    from sim.nodes.channel import Target
    from sim.nodes.plan import PlanNode


class Request:
    """One user request. ``demands[slot]`` is the work (ns) of each position of its call tree.

    Its source fills it in, as a channel does with an attempt. ``priority`` (greater matters
    more), ``tenant``, ``key`` and ``deadline_ns`` exist only where the source is told to set them.
    """

    __slots__ = (
        "arrival_ns",
        "deadline_ns",
        "demands",
        "id",
        "key",
        "node",
        "priority",
        "source",
        "tenant",
    )

    id: int
    source: int
    node: PlanNode
    arrival_ns: TimeNs
    demands: list[int]
    priority: int
    tenant: int
    key: int
    deadline_ns: TimeNs


class ReturnAddress(Protocol):
    """Where an attempt's answer goes."""

    @property
    def caller_index(self) -> int:
        """The caller's place in ``manifest.instances``."""

    @property
    def timeout_ns(self) -> DurationNs:
        """How long the caller waits for a try; 0 is for ever."""

    @property
    def answer(self) -> Callable[[Attempt], None]:
        """Takes the attempt once it has been answered."""


class Attempt:
    """One try of one call.

    The channel that sends it fills it in, field by field, because a constructor would cost as
    much as all the rest of its making. ``is_aborted`` says that the server has dropped it.
    ``permit`` exists once it is sent, ``result`` once it is answered, ``step``, ``pending`` and
    ``has_failed`` once downstream calls begin; ``deadline_ns``, until when the whole call is
    wanted, only where its edge has deadlines.

    ``wait_ns`` is how long it queued; while it queues, the instant since when, t, as -1 - t.
    """

    __slots__ = (
        "channel",
        "deadline_ns",
        "has_failed",
        "id",
        "is_aborted",
        "node",
        "parent",
        "pending",
        "permit",
        "request",
        "result",
        "start_ns",
        "step",
        "target",
        "try_number",
        "wait_ns",
    )

    id: int
    channel: ReturnAddress
    node: PlanNode
    request: Request
    parent: Attempt | None
    target: Target | None
    try_number: int
    start_ns: TimeNs
    wait_ns: DurationNs
    is_aborted: bool
    permit: int
    result: Outcome
    step: int
    pending: int
    has_failed: bool
    deadline_ns: TimeNs


CallKey = tuple[int, int, int]
"""One call of one request: request, place in the tree, and the work that makes it (or -1)."""


def key_of(node: PlanNode, request: Request, parent: Attempt | None) -> CallKey:
    """The key of a call; unique while it is under way."""
    return (request.id, node.index, -1 if parent is None else parent.id)
