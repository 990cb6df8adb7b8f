"""One instance on a bench: links of 1 ms, work as given, and a hand that sends."""

from dataclasses import dataclass, field
from typing import Any

from models.base.distributions import Deterministic
from models.base.outcome import Outcome
from models.base.samplers import make_sampler
from models.base.streams import Stream
from models.service.spec import ServiceSpec
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.kernel.ties import USER
from sim.network.link import Link
from sim.network.rules import Way
from sim.nodes.attempt import Attempt, Request
from sim.nodes.channel import Target
from sim.nodes.fitting import Fittings, make_instance
from sim.nodes.plan import PlanNode
from tests.sim.worlds import MS


@dataclass
class Caller:
    """Hears the answers, as a channel would. Its time-out is only known to deadlines."""

    kernel: Kernel
    timeout_ns: int
    heard: list[tuple[int, Outcome, int]] = field(default_factory=list)

    def answer(self, attempt: Attempt) -> None:
        self.heard.append((attempt.id, attempt.result, self.kernel.now))


class InstanceBench:
    """An instance of ``service`` and attempts that arrive by hand."""

    def __init__(
        self, service: ServiceSpec, *, timeout_ns: int = 0, is_paced: bool = False
    ) -> None:
        self.kernel = Kernel()
        self.instance: Any = make_instance(
            self.kernel,
            index=0,
            service=service,
            spec=service.instances[0],
            speed_ratio=1.0,
            clock=NodeClock(),
            streams=lambda name: Stream(1, name),
            fittings=Fittings(is_paced=is_paced),
        )
        self.caller = Caller(self.kernel, timeout_ns)
        sampler = make_sampler(Deterministic(MS), Stream(1, "link"))
        self.target = Target(
            instance=self.instance,
            out=Link(Way("", "", "users->shop"), sampler),
            back=Link(Way("", "", "users->shop"), sampler),
            breaker=None,
            label="",
        )
        demand = make_sampler(Deterministic(4 * MS), Stream(1, "demand"))
        self.node = PlanNode(
            callee=0,
            endpoint=service.endpoints[0],
            index=0,
            slot=0,
            retry_demand=demand,
        )
        self.attempts: list[Attempt] = []

    def attempt(self, number: int, work_ns: int = 10 * MS, **marks: int) -> Attempt:
        """One try of a request; ``marks`` are its priority, tenant or deadline."""
        request = Request()
        request.id = number
        request.source = 0
        request.node = self.node
        request.arrival_ns = self.kernel.now
        request.demands = [work_ns]
        for name, value in marks.items():
            setattr(request, name, value)
        channel: Any = self.caller
        attempt = Attempt()
        attempt.id = number
        attempt.channel = channel
        attempt.node = self.node
        attempt.request = request
        attempt.parent = None
        attempt.target = self.target
        attempt.try_number = 1
        attempt.start_ns = self.kernel.now
        attempt.wait_ns = 0
        attempt.is_aborted = False
        self.attempts.append(attempt)
        return attempt

    def arrive(self, number: int, work_ns: int = 10 * MS, **marks: int) -> Attempt:
        """Let a request arrive now."""
        attempt = self.attempt(number, work_ns, **marks)
        self.instance.arrive(attempt)
        return attempt

    def later(self, when: int, deed: Any) -> None:
        """Do something at an instant."""
        self.kernel.post(when, USER, lambda _: deed(), None)

    def heard(self) -> list[tuple[int, Outcome, int]]:
        """Run for ten seconds; what the caller heard: number, outcome and instant."""
        self.kernel.advance(self.kernel.now + 10_000 * MS)
        return self.caller.heard

    def ends(self) -> list[tuple[int, Outcome]]:
        """The same without the instants."""
        return [(number, outcome) for number, outcome, _ in self.heard()]
