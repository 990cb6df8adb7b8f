"""Verbs for wall clocks that are wrong, on the nodes that read them: schedulers and gateways."""

from collections.abc import Iterator
from typing import TypeVar

from models.faults.clocks import ClockDrift, ClockFault, ClockSkew
from models.faults.plan import Fault
from models.faults.selection import Selectable, select
from sim.chaos.verb import Hit, Verb
from sim.kernel.clocks import NodeClock
from sim.nodes.gateway import Gatekeeper

ClockFaultT = TypeVar("ClockFaultT", bound=ClockFault)


class ClockVerb(Verb[ClockFaultT]):
    """A verb for the clocks of chosen nodes; a cause is the number of a fault."""

    def aim(self, number: int, fault: Fault, kind: ClockFaultT) -> Hit:
        """The nodes that the selector names, drawn under the seed."""
        stream = self.scene.streams(f"fault/{number}/{fault.label}/selection")
        gates = [one for one in self.scene.instances if isinstance(one, Gatekeeper)]
        watchers = [node for node in self.scene.nodes if node.service == "scheduler"]
        candidates: list[Selectable] = [*gates, *watchers]
        chosen = {id(one) for one in select(kind.target, candidates, stream)}
        return Hit(
            number,
            fault,
            [gate for gate in gates if id(gate) in chosen],
            [watcher for watcher in watchers if id(watcher) in chosen],
        )

    def heal(self, kind: ClockFaultT, hit: Hit) -> None:  # noqa: ARG002
        """Set them right, but for what other faults do."""
        for clock in _clocks(hit):
            clock.set_right(hit.number)


def _clocks(hit: Hit) -> Iterator[NodeClock]:
    for instance in hit.instances:
        yield instance.clock
    for node in hit.nodes:
        yield node.clock


class ClockSkewVerb(ClockVerb[ClockSkew]):
    """Clocks are set wrong."""

    def strike(self, kind: ClockSkew, hit: Hit) -> None:
        """Set them."""
        for clock in _clocks(hit):
            clock.skew(hit.number, since_ns=self.scene.kernel.now, by_ns=kind.by_ns)


class ClockDriftVerb(ClockVerb[ClockDrift]):
    """Clocks run at a wrong rate."""

    def strike(self, kind: ClockDrift, hit: Hit) -> None:
        """Let them run so from now on."""
        for clock in _clocks(hit):
            clock.skew(hit.number, since_ns=self.scene.kernel.now, drift_ppm=kind.ppm)
