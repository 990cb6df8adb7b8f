"""Executes a fault plan on the world: strikes on time, heals on time, writes down both."""

from collections.abc import Sequence

from models.base.time import TimeNs
from models.faults.plan import Fault
from models.records.events import EventKind, JsonValue
from sim.chaos.verb import Hit, Scene
from sim.chaos.verbs import make_verbs
from sim.kernel.events import EventLog
from sim.kernel.ties import FAULT


class FaultExecutor:
    """Carries out every fault of a plan. Faults may overlap and end in any order."""

    def __init__(self, scene: Scene, events: EventLog) -> None:
        self._kernel = scene.kernel
        self._events = events
        self._verbs = make_verbs(scene)
        self._active: dict[int, Hit] = {}
        self._is_called_off = False

    def arm(self, plan: Sequence[Fault], measure_begins_ns: TimeNs) -> None:
        """Schedule every fault; its end is scheduled once it has struck."""
        for number, fault in enumerate(plan):
            begins = measure_begins_ns + fault.at_ns
            self._kernel.post(begins, FAULT, self._strike, (number, fault))

    def end_all(self) -> None:
        """End every fault that is on, in the order in which they struck."""
        for number in tuple(self._active):
            self._heal(number)

    def call_off(self) -> None:
        """Let no fault strike any more; those that are on go on."""
        self._is_called_off = True
        for verb in dict.fromkeys(self._verbs.values()):
            verb.call_off()

    def _strike(self, entry: tuple[int, Fault]) -> None:
        if self._is_called_off:
            return
        number, fault = entry
        verb = self._verbs[type(fault.kind)]
        self._active[number] = hit = verb.aim(number, fault, fault.kind)
        self._note(EventKind.FAULT_STARTED, hit)
        if fault.for_ns is not None:
            self._kernel.post(self._kernel.now + fault.for_ns, FAULT, self._heal, number)
        verb.strike(fault.kind, hit)

    def _heal(self, number: int) -> None:
        """A fault's time is over, unless it was ended before."""
        hit = self._active.pop(number, None)
        if hit is not None:
            self._note(EventKind.FAULT_ENDED, hit)
            self._verbs[type(hit.fault.kind)].heal(hit.fault.kind, hit)

    def _note(self, kind: EventKind, hit: Hit) -> None:
        fault = hit.fault
        detail: dict[str, JsonValue] = {
            "index": hit.number,
            "kind": fault.kind.name,
            "targets": hit.names,
        }
        if fault.kind.where:
            detail["where"] = fault.kind.where
        self._events.event(kind, fault.label, detail)
