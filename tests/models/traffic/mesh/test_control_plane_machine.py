"""Control plane and proxies over a network that loses, doubles and reorders every message."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.base.streams import Stream
from models.traffic.config import BackoffConfig
from models.traffic.mesh.config import AgentConfig, ControlPlaneConfig
from models.traffic.mesh.control_plane import ControlPlane
from models.traffic.mesh.messages import NO_VERSION, ProxyId, ProxyMessage, Push, Version
from models.traffic.mesh.policy import MeshConfig, Policy, PolicyType, ServiceEntry
from models.traffic.mesh.proxy_agent import ProxyAgent
from models.traffic.mesh.resolver import EdgePolicy
from models.traffic.mesh.rules import TimeoutRule
from models.traffic.mesh.session import ProxyState

PROXIES = tuple(ProxyId(f"web-{number}") for number in range(3))
POISON = 1000
"""Configurations with this timeout and more are refused by proxies with an odd number."""
ROUNDS_MAX = 60
CONFIG = ControlPlaneConfig(ack_timeout_ns=5, backoff=BackoffConfig(4, 16), tries_max=3)
AGENT = AgentConfig(hello_ns=7, refresh_ns=50)


def mesh(timeout_ns: int) -> MeshConfig:
    policy = Policy("t", PolicyType.RESILIENCE, (TimeoutRule(timeout_ns),))
    return MeshConfig((ServiceEntry("web"),), (policy,))


def refuse_poison(edges: tuple[EdgePolicy, ...]) -> str | None:
    return "poison" if edges[0].timeout_ns >= POISON else None


class MeshMachine(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.now = 0
        self.timeout_ns = 1
        self.generation = 0
        self.content: dict[Version, int] = {}
        self.to_proxies: list[Push] = []
        self.to_control: list[ProxyMessage] = []
        self.refused: dict[ProxyId, set[Version]] = {proxy: set() for proxy in PROXIES}
        self.seen: dict[ProxyId, Version] = dict.fromkeys(PROXIES, NO_VERSION)
        self.agents = {proxy: self.born(proxy, 1) for proxy in PROXIES}
        self.start_control()

    def born(self, proxy: ProxyId, life: int) -> ProxyAgent:
        """A new life of a proxy; those with an odd number refuse poison."""
        self.seen[proxy] = NO_VERSION
        is_odd = int(proxy.partition("-")[2]) % 2
        if is_odd:
            return ProxyAgent(
                proxy, "web", life=life, start_ns=self.now, config=AGENT, judge=refuse_poison
            )
        return ProxyAgent(proxy, "web", life=life, start_ns=self.now, config=AGENT)

    def start_control(self) -> None:
        self.generation += 1
        self.control = ControlPlane(
            mesh(self.timeout_ns),
            Stream(1, "mesh"),
            now=self.now,
            generation=self.generation,
            config=CONFIG,
        )
        self.content[self.control.version] = self.timeout_ns

    @rule(poison=st.booleans())
    def publish(self, poison: bool) -> None:
        self.timeout_ns = len(self.content) + 1 + (POISON if poison else 0)
        published = self.control.publish(mesh(self.timeout_ns), now=self.now)
        assert published.version is not None
        self.content[published.version] = self.timeout_ns
        self.to_proxies += published.pushes

    @rule(wait=st.integers(1, 30))
    def wait(self, wait: int) -> None:
        self.now += wait
        self.tick()

    def tick(self) -> None:
        self.to_proxies += self.control.tick(now=self.now)
        due = self.control.next_deadline()
        assert due is None or due > self.now
        for agent in self.agents.values():
            self.to_control += agent.tick(now=self.now)
            due = agent.next_deadline()
            assert due is not None
            assert due > self.now

    def arrive(self, push: Push) -> None:
        agent = self.agents[push.proxy]
        for answer in agent.receive(push, now=self.now):
            self.to_control.append(answer)
            if answer.version != push.version:
                self.refused[push.proxy].add(push.version)

    @precondition(lambda self: self.to_proxies)
    @rule(data=st.data(), keeps_copy=st.booleans())
    def deliver_push(self, data: st.DataObject, keeps_copy: bool) -> None:
        index = data.draw(st.integers(0, len(self.to_proxies) - 1))
        push = self.to_proxies[index] if keeps_copy else self.to_proxies.pop(index)
        self.arrive(push)

    @precondition(lambda self: self.to_control)
    @rule(data=st.data(), keeps_copy=st.booleans())
    def deliver_message(self, data: st.DataObject, keeps_copy: bool) -> None:
        index = data.draw(st.integers(0, len(self.to_control) - 1))
        message = self.to_control[index] if keeps_copy else self.to_control.pop(index)
        self.to_proxies += self.control.receive(message, now=self.now)

    @precondition(lambda self: self.to_proxies or self.to_control)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        lane = data.draw(st.sampled_from([self.to_proxies, self.to_control]))
        if lane:
            lane.pop(data.draw(st.integers(0, len(lane) - 1)))

    @rule(proxy=st.sampled_from(PROXIES))
    def restart_proxy(self, proxy: ProxyId) -> None:
        self.refused[proxy] = set()
        self.agents[proxy] = self.born(proxy, self.agents[proxy].life + 1)

    @rule()
    def restart_control_without_memory(self) -> None:
        self.start_control()

    @invariant()
    def no_life_ever_goes_back(self) -> None:
        for proxy, agent in getattr(self, "agents", {}).items():
            assert agent.version >= self.seen[proxy]
            self.seen[proxy] = agent.version

    @invariant()
    def what_holds_is_the_content_of_the_version_and_was_not_refused(self) -> None:
        for proxy, agent in getattr(self, "agents", {}).items():
            if agent.version != NO_VERSION:
                assert agent.effective("web").timeout_ns == self.content[agent.version]
            assert agent.version not in self.refused[proxy]

    @invariant()
    def a_proxy_that_counts_as_current_runs_the_newest_version(self) -> None:
        if not hasattr(self, "control"):
            return
        snapshot = self.control.snapshot()
        assert snapshot == self.control.snapshot()
        current = [p for p in snapshot.proxies if p.state is ProxyState.CURRENT]
        assert snapshot.newest.current == len(current)
        assert snapshot.newest.proxies == len(snapshot.proxies)
        for known in current:
            agent = self.agents[known.proxy]
            assert agent.life > known.life or agent.version == snapshot.version

    def teardown(self) -> None:
        """Once the network is well again, everyone gets there."""
        if not hasattr(self, "control"):
            return
        for _ in range(ROUNDS_MAX):
            pushes, self.to_proxies = self.to_proxies, []
            messages, self.to_control = self.to_control, []
            for push in pushes:
                self.arrive(push)
            for message in messages:
                self.to_proxies += self.control.receive(message, now=self.now)
            self.now += 3
            self.tick()
        newest = self.control.version
        is_poison = self.content[newest] >= POISON
        for known in self.control.snapshot().proxies:
            agent = self.agents[known.proxy]
            refuses = is_poison and int(known.proxy.partition("-")[2]) % 2
            assert known.state is (ProxyState.REFUSING if refuses else ProxyState.CURRENT)
            assert (agent.version == newest) is not bool(refuses)
        assert len(self.control.snapshot().proxies) == len(PROXIES)


MeshMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=50
)
TestMesh = MeshMachine.TestCase
