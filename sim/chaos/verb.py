"""What it takes to break something: whom a fault hits, and one verb for each kind of fault.

The executor knows when; a verb knows how. Kinds and verbs are paired in ``sim.chaos.verbs``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from models.base.streams import Stream
from models.faults.kind import FaultKind, InstanceFault
from models.faults.plan import Fault
from models.faults.selection import select
from models.service.traffic import SourceSpec
from sim.kernel.environment import Kernel
from sim.network.links import Network
from sim.nodes.condition import Condition
from sim.nodes.control import ControlNode
from sim.nodes.instance import Instance
from sim.nodes.power import Power
from sim.nodes.source import Source
from sim.processes.registry_server import RegistryServer

KindT = TypeVar("KindT", bound=FaultKind)
InstanceFaultT = TypeVar("InstanceFaultT", bound=InstanceFault)
ValueT = TypeVar("ValueT")


class Lifecycle(Protocol):
    """The world's verbs for the death, the standing still and the return of an instance."""

    def crash(self, instance: Instance, condition: Condition, cause: str) -> None:
        """Kill its process, and silence its host if DARK."""

    def restart(self, instance: Instance) -> None:
        """Start its process again."""

    def stand_still(self, instance: Instance) -> None:
        """Its process does nothing any more."""

    def go_on(self, instance: Instance) -> None:
        """Its process goes on where it stood still."""

    def withhold_connections(self, instance: Instance, shares: tuple[float, ...]) -> None:
        """Leave it only the rest of the connections to those whom it calls."""

    def has_connections(self, instance: Instance) -> bool:
        """Whether the connections to those whom it calls are bounded."""

    def zone_lost(self, zone: str) -> None:
        """A zone has gone dark."""

    def zone_restored(self, zone: str) -> None:
        """A zone has power again."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that faults may touch. ``streams`` makes named streams; no ``registry``, no discovery.

    ``sources`` come with what they would be without any fault.
    """

    kernel: Kernel
    network: Network
    power: Power
    lifecycle: Lifecycle
    instances: Sequence[Instance]
    nodes: Sequence[ControlNode]
    registry: RegistryServer | None
    streams: Callable[[str], Stream]
    sources: Sequence[tuple[Source, SourceSpec]] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A fault that has struck, the ``number``-th of the plan, and whom.

    ``others`` are names of those that are neither instances nor nodes, or struck as peers.
    """

    number: int
    fault: Fault
    instances: Sequence[Instance] = ()
    nodes: Sequence[ControlNode] = ()
    others: Sequence[str] = ()

    @property
    def names(self) -> list[str]:
        """Who was struck, for the record."""
        return [
            *(one.name for one in self.instances),
            *(one.name for one in self.nodes),
            *self.others,
        ]


class Verb(ABC, Generic[KindT]):
    """Does and undoes one kind of fault. Faults of one kind may overlap and end in any order."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def aim(self, number: int, fault: Fault, kind: KindT) -> Hit:  # noqa: ARG002 - most need it
        """Whom the fault hits, as things stand when it strikes; nobody by default."""
        return Hit(number, fault)

    @abstractmethod
    def strike(self, kind: KindT, hit: Hit) -> None:
        """Break it."""

    @abstractmethod
    def heal(self, kind: KindT, hit: Hit) -> None:
        """Undo exactly what :meth:`strike` did for this hit."""

    def call_off(self) -> None:
        """No fault will strike any more; undo what was done ahead of its time."""

    def stream(self, hit: Hit, purpose: str) -> Stream:
        """A stream for one purpose of one fault."""
        return self.scene.streams(f"fault/{hit.number}/{hit.fault.label}/{purpose}")


class InstanceVerb(Verb[InstanceFaultT]):
    """A verb for faults of chosen instances."""

    def aim(self, number: int, fault: Fault, kind: InstanceFaultT) -> Hit:
        """The instances that the selector names, drawn under the seed."""
        stream = self.scene.streams(f"fault/{number}/{fault.label}/selection")
        return Hit(number, fault, select(kind.target, self.scene.instances, stream))


class Overlay(Generic[ValueT]):
    """What several faults add to each instance: one value per fault, in order of striking."""

    def __init__(self) -> None:
        self._values: dict[int, dict[int, ValueT]] = {}

    def lay(self, instance: Instance, hit: Hit, value: ValueT) -> tuple[ValueT, ...]:
        """Add a fault's value; returns all that now lie on the instance."""
        self._values.setdefault(instance.index, {})[hit.number] = value
        return self._on(instance)

    def lift(self, instance: Instance, hit: Hit) -> tuple[ValueT, ...]:
        """Take a fault's value away; returns what is left."""
        del self._values[instance.index][hit.number]
        return self._on(instance)

    def _on(self, instance: Instance) -> tuple[ValueT, ...]:
        return tuple(self._values[instance.index].values())
