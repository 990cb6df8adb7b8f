"""The proxy beside one caller: says hello, takes pushes, and brings them to the caller's channels.

Whether a push is accepted is decided by :mod:`models.traffic.mesh.proxy_agent`, what then holds
on an edge by what was pushed. This file carries messages and swaps channels.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.base.streams import Stream
from models.base.time import TimeNs
from models.records.events import EventKind
from models.traffic.config import EdgeConfig
from models.traffic.mesh.config import MeshPlan
from models.traffic.mesh.fitness import judge_of
from models.traffic.mesh.messages import NO_VERSION, Hello, Nack, ProxyId, ProxyMessage, Push
from models.traffic.mesh.proxy_agent import ProxyAgent
from models.traffic.mesh.resolver import EdgePolicy, policy_of
from models.traffic.mesh.router import MeshRouter
from sim.kernel.driver import Driver
from sim.kernel.ties import USER
from sim.nodes.instance import Instance
from sim.nodes.ways import WHOLE, Routes, Subset
from sim.nodes.wiring import Caller, Wiring
from sim.processes.mesh_server import MeshServer, MeshSurroundings, words


@dataclass(frozen=True, slots=True)
class MeshParts:
    """What all agents of a mesh share. ``subsets`` are keyed by service and name."""

    around: MeshSurroundings
    server: MeshServer
    wiring: Wiring
    plan: MeshPlan
    subsets: Mapping[tuple[str, str], Subset]


class MeshAgent:
    """Life after life of one proxy; ``instance`` None stands beside a load source.

    A new life does what its edges say until it has heard from the control plane.
    """

    def __init__(self, parts: MeshParts, caller: Caller, instance: Instance | None) -> None:
        self._parts = parts
        self._caller = caller
        self._instance = instance
        self.index = caller.index
        self.zone = caller.zone
        self.is_alive = True
        parts.server.know(ProxyId(caller.name), self)
        self._start(life=1)

    def _start(self, life: int) -> None:
        """A new process knows nothing but its edges."""
        parts, caller = self._parts, self._caller
        self._agent = ProxyAgent(
            ProxyId(caller.name),
            caller.service,
            life=life,
            start_ns=self._now,
            config=parts.plan.agent,
            judge=judge_of(parts.plan, caller.service),
        )
        self._driver: Driver[tuple[Hello, ...]] = Driver(
            parts.around.kernel, caller.clock, self._agent, tie_class=USER, deliver=self._say
        )
        self._written = {edge.callee: edge for edge in parts.wiring.edges_of(caller)}
        self._holding = {callee: policy_of(edge) for callee, edge in self._written.items()}
        self._dice: dict[str, tuple[Stream, Stream]] = {}

    @property
    def _now(self) -> TimeNs:
        return self._caller.clock.monotonic_at(self._parts.around.kernel.now)

    @property
    def agent(self) -> ProxyAgent:
        """The decider of the present life."""
        return self._agent

    def be_known(self) -> None:
        """Accept the first configuration without a message, as if it had held for long."""
        agent, server = self._agent, self._parts.server
        hello = Hello(agent.proxy, agent.service, agent.life, NO_VERSION)
        for push in server.receive(hello):
            for answer in self._consider(push):
                server.receive(answer)
        self._driver.start()

    def begin(self, life: int) -> None:
        """A new process says hello at once."""
        self.is_alive = True
        self._start(life)
        self._driver.start()

    def die(self) -> None:
        """The proxy dies with its process; pushes under way find nobody."""
        self.is_alive = False
        self._driver.stop()

    def stand_still(self) -> None:
        """No hellos for a while."""
        self._driver.stop()

    def go_on(self) -> None:
        """Say hello again, at once if that is overdue."""
        self._driver.start()

    def take(self, push: Push) -> None:
        """A push has arrived."""
        instance = self._instance
        if not self.is_alive:
            return
        if instance is not None and instance.standstill is not None:
            instance.standstill.keep(self.take, push)
            return
        self._say(self._consider(push))
        self._driver.poke()

    def _consider(self, push: Push) -> Iterable[ProxyMessage]:
        agent = self._agent
        before = agent.version, agent.snapshot().refused
        answers = agent.receive(push, now=self._now)
        if agent.version != before[0]:
            self._apply()
        for answer in answers:
            if isinstance(answer, Nack) and answer.refused != before[1]:
                detail = {"version": words(answer.refused), "reason": answer.detail}
                self._note(EventKind.CONFIG_REFUSED, detail)
        return answers

    def _apply(self) -> None:
        """Do as the configuration says that has just been accepted."""
        for callee, written in self._written.items():
            policy = self._agent.effective(callee)
            if policy != self._holding[callee]:
                self._holding[callee] = policy
                edge = policy.laid_over(written)
                self._parts.wiring.rewire(self._caller, edge, self._routes(edge, policy))
        if self._parts.around.kernel.now:
            self._note(EventKind.CONFIG_APPLIED, {"version": words(self._agent.version)})

    def _routes(self, edge: EdgeConfig, policy: EdgePolicy) -> Routes | None:
        """What stands before the channels, None if nothing does."""
        if policy.split is None and policy.fault is None:
            return None
        splits, faults = self._dice_of(edge.callee)
        router = MeshRouter(lambda _: policy, splits=splits, faults=faults)
        if policy.split is None:
            return Routes(router)
        names = [share.destination.subset for share in policy.split.shares]
        subsets = [self._parts.subsets[edge.callee, name] if name else WHOLE for name in names]
        return Routes(router, tuple(subsets))

    def _dice_of(self, callee: str) -> tuple[Stream, Stream]:
        """One pair for an edge and a life, so that a change goes on where the last one was."""
        if callee not in self._dice:
            path = f"{self._caller.name}->{callee}/{self._agent.life}"
            streams = self._parts.around.streams
            self._dice[callee] = streams(f"mesh/splits/{path}"), streams(f"mesh/faults/{path}")
        return self._dice[callee]

    def _say(self, messages: Iterable[ProxyMessage]) -> None:
        server = self._parts.server
        for message in messages:
            self._parts.around.network.send(
                self.zone,
                server.zone,
                server.hear,
                message,
                ends=(self.index, server.station),
            )

    def _note(self, kind: EventKind, detail: Mapping[str, str]) -> None:
        self._parts.around.events.event(kind, self._caller.name, detail)
