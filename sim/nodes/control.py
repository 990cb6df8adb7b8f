"""What the world can kill and bring back that serves no users: nodes of the control plane."""

from typing import Protocol

from sim.kernel.clocks import NodeClock


class ControlNode(Protocol):
    """A process of the control plane, chosen by faults as instances are.

    ``service`` is its kind (``scheduler`` or ``executor``). It runs iff it has not died since it
    was last revived and its zone has power, so both verbs may be repeated without harm.
    """

    @property
    def name(self) -> str:
        """Unique among nodes of one service."""

    @property
    def service(self) -> str:
        """What kind of node it is."""

    @property
    def zone(self) -> str:
        """Where it stands."""

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """By what else faults may choose it."""

    @property
    def clock(self) -> NodeClock:
        """The node's clocks."""

    def die(self) -> None:
        """The process ends at once and forgets everything."""

    def revive(self) -> None:
        """A new process starts, as soon as its zone has power."""
