"""Verbs for wall clocks that are wrong, on the nodes of the control plane that read them."""

from typing import TypeVar

from models.faults.clocks import ClockDrift, ClockFault, ClockSkew
from models.faults.plan import Fault
from models.faults.selection import select
from sim.chaos.verb import Hit, Verb

ClockFaultT = TypeVar("ClockFaultT", bound=ClockFault)


class ClockVerb(Verb[ClockFaultT]):
    """A verb for the clocks of chosen nodes; a cause is the number of a fault."""

    def aim(self, number: int, fault: Fault, kind: ClockFaultT) -> Hit:
        """The nodes that the selector names, drawn under the seed."""
        stream = self.scene.streams(f"fault/{number}/{fault.label}/selection")
        return Hit(number, fault, nodes=select(kind.target, self.scene.nodes, stream))

    def heal(self, kind: ClockFaultT, hit: Hit) -> None:  # noqa: ARG002
        """Set them right, but for what other faults do."""
        for node in hit.nodes:
            node.clock.set_right(hit.number)


class ClockSkewVerb(ClockVerb[ClockSkew]):
    """Clocks are set wrong."""

    def strike(self, kind: ClockSkew, hit: Hit) -> None:
        """Set them."""
        for node in hit.nodes:
            node.clock.skew(hit.number, since_ns=self.scene.kernel.now, by_ns=kind.by_ns)


class ClockDriftVerb(ClockVerb[ClockDrift]):
    """Clocks run at a wrong rate."""

    def strike(self, kind: ClockDrift, hit: Hit) -> None:
        """Let them run so from now on."""
        for node in hit.nodes:
            node.clock.skew(hit.number, since_ns=self.scene.kernel.now, drift_ppm=kind.ppm)
