"""Workload R as a good SimPy user would write it. The frozen baseline: do not tune, do not mend.

A process per request and per attempt, ``Resource`` for slots, ``AnyOf`` for time-outs, the
standard library's dice, one tuple per attempt. The law of the workload is in
:mod:`tests.benchmarks.workload_r`; both sides follow it to the letter.
"""

import random
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field

import simpy

from tests.benchmarks import workload_r as law

Steps = Generator[simpy.Event, object, object]


class Breaker:
    """Count-window breaker: opens at 50 % of the last 100, tries again after five seconds."""

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self.window: deque[bool] = deque(maxlen=law.BREAKER_WINDOW)
        self.failures = 0
        self.opened_at: float | None = None
        self.permits = 0

    def admits(self) -> bool:
        if self.opened_at is None:
            return True
        if self.env.now < self.opened_at + law.BREAKER_OPEN_S:
            return False
        if self.permits == 0:
            return False
        self.permits -= 1
        return True

    def record(self, failed: bool) -> None:
        if self.opened_at is not None and self.env.now >= self.opened_at + law.BREAKER_OPEN_S:
            self.opened_at = None
            self.window.clear()
            self.failures = 0
        if len(self.window) == law.BREAKER_WINDOW:
            self.failures -= self.window[0]
        self.window.append(failed)
        self.failures += failed
        enough = len(self.window) >= law.BREAKER_MINIMUM
        if enough and self.failures >= law.BREAKER_RATIO * len(self.window):
            self.opened_at = self.env.now
            self.permits = law.BREAKER_PERMITS


@dataclass
class Member:
    """One instance as a caller of its service sees it."""

    name: str
    slots: simpy.Resource
    breaker: Breaker
    active: int = 0


@dataclass
class Service:
    name: str
    members: list[Member]
    mean_work_s: float
    downstream: "Service | None" = None
    tokens: float = 10.0
    queue_limit: int = law.QUEUE_LIMIT


@dataclass
class Platform:
    env: simpy.Environment
    dice: random.Random
    attempts: list[tuple[int, str, int, float, float, str]] = field(default_factory=list)
    completed: int = 0
    failed: int = 0
    beats: int = 0

    def link(self) -> simpy.Timeout:
        return self.env.timeout(self.dice.lognormvariate(law.LINK_MU_S, law.LINK_SIGMA))

    def serve(self, service: Service, member: Member, request: int) -> Steps:
        yield self.link()
        if len(member.slots.queue) >= service.queue_limit:
            yield self.link()
            return "queue_full"
        with member.slots.request() as slot:
            yield slot
            yield self.env.timeout(self.dice.expovariate(1.0 / service.mean_work_s))
            outcome = "ok"
            if service.downstream is not None:
                outcome = yield from self.call(service.downstream, request)  # type: ignore[assignment]
        yield self.link()
        return outcome

    def pick(self, service: Service) -> Member:
        first = self.dice.choice(service.members)
        second = self.dice.choice(service.members)
        return first if first.active <= second.active else second

    def attempt(self, service: Service, request: int, number: int) -> Steps:
        start = self.env.now
        member = self.pick(service)
        if not member.breaker.admits():
            self.attempts.append((request, member.name, number, start, start, "breaker_open"))
            return "breaker_open"
        member.active += 1
        work = self.env.process(self.serve(service, member, request))
        answer = yield work | self.env.timeout(law.TIMEOUT_S)
        outcome = answer[work] if work in answer else "timeout"  # type: ignore[index,operator]  # noqa: SIM401
        member.active -= 1
        member.breaker.record(outcome != "ok")
        self.attempts.append((request, member.name, number, start, self.env.now, str(outcome)))
        return outcome

    def call(self, service: Service, request: int) -> Steps:
        service.tokens = min(100.0, service.tokens + law.BUDGET_RATIO)
        for number in range(law.RETRIES + 1):
            outcome = yield from self.attempt(service, request, number)
            if outcome == "ok":
                return "ok"
            if number == law.RETRIES or service.tokens < 1.0:
                return "error"
            service.tokens -= 1.0
            ceiling = min(law.BACKOFF_CAP_S, law.BACKOFF_BASE_S * 2**number)
            yield self.env.timeout(self.dice.uniform(0.0, ceiling))
        return "error"

    def request(self, service: Service, number: int) -> Steps:
        outcome = yield from self.call(service, number)
        if outcome == "ok":
            self.completed += 1
        else:
            self.failed += 1
        return None

    def users(self, service: Service) -> Steps:
        number = 0
        while True:
            yield self.env.timeout(self.dice.expovariate(law.RATE_PER_S))
            self.env.process(self.request(service, number))
            number += 1

    def heartbeats(self) -> Steps:
        yield self.env.timeout(self.dice.uniform(0.0, law.HEARTBEAT_S))
        while True:
            yield self.link()
            self.beats += 1
            yield self.env.timeout(law.HEARTBEAT_S)


def run(seed: int, seconds: float) -> Platform:
    """Run workload R for that long and return what it recorded."""
    env = simpy.Environment()
    platform = Platform(env, random.Random(seed))

    def service(name: str, count: int, mean: float, downstream: Service | None) -> Service:
        members = [
            Member(f"{name}-{index}", simpy.Resource(env, law.SLOTS), Breaker(env))
            for index in range(count)
        ]
        for _ in members:
            env.process(platform.heartbeats())
        return Service(name, members, mean, downstream)

    back = service("back", law.BACK_INSTANCES, law.BACK_MEAN_S, None)
    front = service("front", law.FRONT_INSTANCES, law.FRONT_MEAN_S, back)
    env.process(platform.users(front))
    env.run(until=seconds)
    return platform
