"""Executes a fault plan on the world: strikes on time, heals on time, writes down both."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol, assert_never

from models.base.samplers import Sampler, make_sampler
from models.base.streams import Stream
from models.base.time import TimeNs
from models.faults.network import NetworkFault
from models.faults.plan import (
    AddedLatency,
    CacheFlush,
    ErrorRate,
    Fault,
    InstanceCrash,
    ZoneOutage,
)
from models.faults.selection import select
from models.records.events import EventKind, JsonValue
from sim.chaos.network import NetworkFaults, network_kind
from sim.kernel.environment import Kernel
from sim.kernel.events import EventLog
from sim.kernel.ties import FAULT
from sim.nodes.condition import Condition, SummedDelay
from sim.nodes.control import ControlNode
from sim.nodes.instance import Instance
from sim.nodes.power import Power
from sim.nodes.stores.remembering import RememberingInstance

_KIND_NAMES = {
    InstanceCrash: "instance_crash",
    ZoneOutage: "zone_outage",
    AddedLatency: "added_latency",
    ErrorRate: "error_rate",
    CacheFlush: "cache_flush",
}


class Lifecycle(Protocol):
    """The world's verbs for the death and the return of an instance."""

    def crash(self, instance: Instance, condition: Condition, cause: str) -> None:
        """Kill its process, and silence its host if DARK."""

    def restart(self, instance: Instance) -> None:
        """Start its process again."""

    def zone_lost(self, zone: str) -> None:
        """A zone has gone dark."""

    def zone_restored(self, zone: str) -> None:
        """A zone has power again."""


class FaultExecutor:
    """Carries out every fault of a plan. Faults may overlap: the last one to end heals."""

    def __init__(
        self,
        kernel: Kernel,
        events: EventLog,
        network: NetworkFaults,
        power: Power,
        lifecycle: Lifecycle,
        *,
        instances: Sequence[Instance],
        nodes: Sequence[ControlNode],
        streams: Callable[[str], Stream],
    ) -> None:
        self._kernel = kernel
        self._events = events
        self._network = network
        self._power = power
        self._lifecycle = lifecycle
        self._instances = instances
        self._nodes = nodes
        self._streams = streams
        self._killed: Counter[int] = Counter()
        self._darkened: Counter[int] = Counter()
        self._error_ratios: defaultdict[int, list[float]] = defaultdict(list)
        self._delays: defaultdict[int, dict[int, Sampler]] = defaultdict(dict)
        self._struck: dict[int, list[Instance]] = {}
        self._nodes_struck: dict[int, list[ControlNode]] = {}

    def arm(self, plan: Sequence[Fault], measure_begins_ns: TimeNs) -> None:
        """Schedule every fault; its end is scheduled once it has struck."""
        for number, fault in enumerate(plan):
            begins = measure_begins_ns + fault.at_ns
            self._kernel.post(begins, FAULT, self._strike, (number, fault))

    def _strike(self, entry: tuple[int, Fault]) -> None:
        number, fault = entry
        if isinstance(fault.kind, NetworkFault):
            self._strike_network(number, fault, fault.kind)
            return
        targets = self._targets(number, fault)
        nodes = self._control_nodes(number, fault)
        self._struck[number], self._nodes_struck[number] = targets, nodes
        self._note(EventKind.FAULT_STARTED, number, fault, [*targets, *nodes])
        if fault.for_ns is not None:
            self._kernel.post(self._kernel.now + fault.for_ns, FAULT, self._heal, entry)
        for node in nodes:
            node.die()
        self._break(number, fault, targets)

    def _strike_network(self, number: int, fault: Fault, kind: NetworkFault) -> None:
        targets = self._network.strike(f"fault/{number}/{fault.label}", kind)
        detail: dict[str, JsonValue] = {
            "index": number,
            "kind": network_kind(kind),
            "targets": targets,
            "where": kind.where,
        }
        self._events.event(EventKind.FAULT_STARTED, fault.label, detail)

        def heal(_: object) -> None:
            self._network.heal(f"fault/{number}/{fault.label}")
            self._events.event(EventKind.FAULT_ENDED, fault.label, detail)

        if fault.for_ns is not None:
            self._kernel.post(self._kernel.now + fault.for_ns, FAULT, heal, None)

    def _break(self, number: int, fault: Fault, targets: Sequence[Instance]) -> None:
        match fault.kind:
            case InstanceCrash():
                for instance in targets:
                    self._kill(instance, fault.label)
            case ZoneOutage(zone):
                self._darken(zone, targets, fault.label)
            case AddedLatency(_, delay):
                for instance in targets:
                    stream = self._streams(f"fault/{number}/{fault.label}/{instance.name}")
                    self._delays[instance.index][number] = make_sampler(delay, stream)
                    self._apply_delays(instance)
            case ErrorRate(_, ratio):
                for instance in targets:
                    self._error_ratios[instance.index].append(ratio)
                    self._apply_errors(instance)
            case CacheFlush():
                _flush(targets)
            case NetworkFault():
                pass
            case _:
                assert_never(fault.kind)

    def _heal(self, entry: tuple[int, Fault]) -> None:
        number, fault = entry
        targets, nodes = self._struck.pop(number), self._nodes_struck.pop(number)
        self._note(EventKind.FAULT_ENDED, number, fault, [*targets, *nodes])
        for node in nodes:
            node.revive()
        match fault.kind:
            case InstanceCrash():
                self._killed.subtract(instance.index for instance in targets)
                self._bring_back(targets)
            case ZoneOutage(zone):
                self._power.restore(zone)
                for link in self._network.links_of(zone):
                    link.mend()
                self._lifecycle.zone_restored(zone)
                self._darkened.subtract(instance.index for instance in targets)
                self._bring_back(targets)
            case AddedLatency():
                for instance in targets:
                    del self._delays[instance.index][number]
                    self._apply_delays(instance)
            case ErrorRate(_, ratio):
                for instance in targets:
                    self._error_ratios[instance.index].remove(ratio)
                    self._apply_errors(instance)
            case CacheFlush() | NetworkFault():
                pass
            case _:
                assert_never(fault.kind)

    def _targets(self, number: int, fault: Fault) -> list[Instance]:
        match fault.kind:
            case ZoneOutage(zone):
                return [instance for instance in self._instances if instance.zone == zone]
            case (
                InstanceCrash(target)
                | AddedLatency(target)
                | ErrorRate(target)
                | CacheFlush(target)
            ):
                stream = self._streams(f"fault/{number}/{fault.label}/selection")
                return select(target, self._instances, stream)
            case NetworkFault():
                return []
            case _:
                assert_never(fault.kind)

    def _control_nodes(self, number: int, fault: Fault) -> list[ControlNode]:
        """Nodes of the control plane crash only where the selector names them or their kind."""
        match fault.kind:
            case InstanceCrash(target) if target.service or target.instance:
                stream = self._streams(f"fault/{number}/{fault.label}/nodes")
                return select(target, self._nodes, stream)
            case _:
                return []

    def _darken(self, zone: str, targets: Sequence[Instance], cause: str) -> None:
        self._power.cut(zone)
        for link in self._network.links_of(zone):
            link.cut()
        for instance in targets:
            self._darkened[instance.index] += 1
            if self._darkened[instance.index] == 1:
                self._lifecycle.crash(instance, Condition.DARK, cause)
        self._lifecycle.zone_lost(zone)

    def _kill(self, instance: Instance, cause: str) -> None:
        self._killed[instance.index] += 1
        if self._killed[instance.index] == 1 and not self._darkened[instance.index]:
            self._lifecycle.crash(instance, Condition.CRASHED, cause)

    def _bring_back(self, targets: Sequence[Instance]) -> None:
        for instance in targets:
            if self._darkened[instance.index]:
                continue
            if self._killed[instance.index]:
                instance.become(Condition.CRASHED)
            else:
                self._lifecycle.restart(instance)

    def _apply_delays(self, instance: Instance) -> None:
        delays = tuple(self._delays[instance.index].values())
        instance.added_delay = SummedDelay(delays) if delays else None

    def _apply_errors(self, instance: Instance) -> None:
        instance.error_ratio = max(self._error_ratios[instance.index], default=0.0)
        instance.refresh_plainness()

    def _note(
        self, kind: EventKind, number: int, fault: Fault, targets: Sequence[Instance | ControlNode]
    ) -> None:
        self._events.event(
            kind,
            fault.label,
            {
                "index": number,
                "kind": _KIND_NAMES[type(fault.kind)],
                "targets": [instance.name for instance in targets],
            },
        )


def _flush(targets: Sequence[Instance]) -> None:
    for instance in targets:
        if isinstance(instance, RememberingInstance):
            instance.flush()
