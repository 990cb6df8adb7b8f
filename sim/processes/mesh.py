"""A mesh in time: its control plane, its proxies, and what the world tells them."""

from collections.abc import Mapping, Sequence

from models.base.time import TimeNs
from models.traffic.balancer.policies import BalancerFactory
from models.traffic.mesh.config import MeshPlan
from models.traffic.mesh.fitness import check_plan
from models.traffic.mesh.validation import MeshValidator
from sim.kernel.clocks import NodeClock
from sim.kernel.ties import USER
from sim.nodes.instance import Instance
from sim.nodes.ways import Subset
from sim.nodes.wiring import Caller, Wiring
from sim.processes.mesh_agent import MeshAgent, MeshParts
from sim.processes.mesh_server import MeshServer, MeshSurroundings


class Mesh:
    """``callers`` begin with the ``instances``, in their order; each has a proxy.

    Raises:
        ConfigError: a configuration has flaws, or asks for what proxies here cannot do.
    """

    def __init__(
        self,
        around: MeshSurroundings,
        plan: MeshPlan,
        wiring: Wiring,
        *,
        callers: Sequence[Caller],
        instances: Sequence[Instance],
        clock: NodeClock,
        balancers: Mapping[str, BalancerFactory],
    ) -> None:
        check_plan(plan, balancers)
        self._around = around
        self._plan = plan
        self.server = MeshServer(around, plan, clock, MeshValidator(dict(balancers)))
        subsets = {
            (service, name): Subset(name, frozenset(members))
            for service, name, members in plan.members
        }
        parts = MeshParts(around, self.server, wiring, plan, subsets)
        self.agents = [
            MeshAgent(
                parts, caller, instances[caller.index] if caller.index < len(instances) else None
            )
            for caller in callers
        ]
        for agent in self.agents:
            agent.be_known()

    def arm(self, start_ns: TimeNs) -> None:
        """Let operators hand in their changes, counted from the start of measure."""
        for change in self._plan.changes:
            self._around.kernel.post(start_ns + change.at_ns, USER, self.server.publish, change)

    def standing(self) -> tuple[int, int]:
        """How many proxies live, and how many of them run the newest version there is."""
        alive = [agent for agent in self.agents if agent.is_alive]
        newest = self.server.plane.version
        return len(alive), sum(agent.agent.version == newest for agent in alive)

    def instance_died(self, instance: Instance) -> None:
        """Its proxy dies with it."""
        self.agents[instance.index].die()

    def instance_stopped(self, instance: Instance) -> None:
        """Its proxy stands still with it."""
        self.agents[instance.index].stand_still()

    def instance_continued(self, instance: Instance) -> None:
        """Its proxy goes on."""
        self.agents[instance.index].go_on()

    def instance_starting(self, instance: Instance) -> None:
        """A new proxy says hello."""
        self.agents[instance.index].begin(instance.incarnation)

    def zone_lost(self, zone: str) -> None:
        """A zone has gone dark; the control plane may have been in it."""
        if zone == self.server.zone:
            self.server.power_lost()

    def zone_restored(self, zone: str) -> None:
        """A zone has power again."""
        if zone == self.server.zone and self.server.is_running:
            self.server.power_restored()
