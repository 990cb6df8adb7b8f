"""What the world does when a process dies, starts, stands still or goes on, or a zone is lost."""

from collections.abc import Sequence

from models.records.events import EventKind
from sim.kernel.environment import Kernel
from sim.kernel.events import EventLog
from sim.kernel.ties import USER
from sim.nodes.condition import Condition
from sim.nodes.instance import Instance
from sim.nodes.standstill import Standstill
from sim.nodes.wiring import Caller, Wiring
from sim.processes.discovery import Discovery
from sim.processes.jobs import Jobs
from sim.processes.mesh import Mesh
from sim.processes.monitoring import Monitoring


class Lives:
    """Tells everyone concerned. ``callers`` begin with the instances, in their order."""

    def __init__(
        self,
        kernel: Kernel,
        events: EventLog,
        wiring: Wiring,
        callers: Sequence[Caller],
        *,
        discovery: Discovery | None,
        monitoring: Monitoring | None,
        jobs: Jobs | None,
        mesh: Mesh | None,
    ) -> None:
        self._kernel = kernel
        self._events = events
        self._wiring = wiring
        self._callers = callers
        self._discovery = discovery
        self._mesh = mesh
        self._parts = [part for part in (discovery, monitoring, jobs, mesh) if part is not None]

    def crash(self, instance: Instance, condition: Condition, cause: str = "") -> None:
        """Kill an instance's process; DARK also silences its host."""
        was_up, standstill = instance.is_up, instance.standstill
        instance.crash(condition)
        if standstill is not None:
            standstill.die()
        if was_up:
            self._events.event(EventKind.INSTANCE_CRASHED, instance.name, {"cause": cause})
        if self._discovery is not None:
            self._discovery.instance_died(instance)
        if self._mesh is not None:
            self._mesh.instance_died(instance)

    def restart(self, instance: Instance) -> None:
        """Start the process again; it serves after the service's start-up time."""
        instance.become(Condition.STARTING)
        caller = self._callers[instance.index]
        self._wiring.connect(caller, life=instance.incarnation)
        if self._discovery is None:
            self._wiring.connect_all(caller)
        if self._discovery is not None:
            self._discovery.instance_starting(instance, is_ready=instance.start_up_ns == 0)
        if self._mesh is not None:
            self._mesh.instance_starting(instance)
        self._kernel.post(
            self._kernel.now + instance.start_up_ns,
            USER,
            self._started,
            (instance, instance.incarnation),
        )

    def stand_still(self, instance: Instance) -> None:
        """Its process does nothing any more; its host lives on."""
        Standstill(self._kernel, instance)
        if self._discovery is not None:
            self._discovery.instance_stopped(instance)
        if self._mesh is not None:
            self._mesh.instance_stopped(instance)

    def go_on(self, instance: Instance) -> None:
        """Its process goes on where it stood still."""
        if instance.standstill is not None:
            instance.standstill.end()
        if self._discovery is not None:
            self._discovery.instance_continued(instance)
        if self._mesh is not None:
            self._mesh.instance_continued(instance)

    def withhold_connections(self, instance: Instance, shares: tuple[float, ...]) -> None:
        """Leave it only the rest of the connections to those whom it calls."""
        self._wiring.withhold_connections(self._callers[instance.index], shares)

    def has_connections(self, instance: Instance) -> bool:
        """Whether the connections to those whom it calls are bounded."""
        return self._wiring.has_pool(self._callers[instance.index])

    def _started(self, entry: tuple[Instance, int]) -> None:
        instance, incarnation = entry
        if instance.incarnation != incarnation or instance.condition is not Condition.STARTING:
            return
        instance.become(Condition.UP)
        self._events.event(
            EventKind.INSTANCE_RESTARTED, instance.name, {"incarnation": incarnation}
        )
        if self._discovery is not None:
            self._discovery.instance_serving(instance)

    def zone_lost(self, zone: str) -> None:
        """Tell the control plane that a zone has gone dark."""
        for part in self._parts:
            part.zone_lost(zone)

    def zone_restored(self, zone: str) -> None:
        """Tell the control plane that a zone has power again."""
        for part in self._parts:
            part.zone_restored(zone)
