"""A plain queue, on both sides: eight servers, each with its own line, served in turn.

640 requests/s (Poisson), round robin over 8 instances of one slot each, exponential work of mean
10 ms (80 % busy), no time-out, no retry, no breaker. Links take no time, so that what is measured
is arrivals, queues and work alone. foreshock records every request and attempt and checks its
laws; the baseline keeps one pair of numbers a request.
"""

import random
from collections.abc import Generator
from itertools import cycle

import simpy

from models.base.distributions import Deterministic, Exponential
from models.base.time import NS_PER_MS, NS_PER_S
from models.service.spec import EndpointSpec, InstanceSpec, ServiceSpec
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from models.traffic.config import BalancerConfig, EdgeConfig
from sim.blueprint import Blueprint, LinksSpec, Phases

SERVERS = 8
RATE_PER_S = 640.0
MEAN_WORK_S = 0.010
Steps = Generator[simpy.Event, object, object]


def blueprint(seconds: float) -> Blueprint:
    """The plain queue as a foreshock blueprint that lasts that many virtual seconds."""
    at_once = Deterministic(0)
    servers = tuple(InstanceSpec(f"server-{index}", "a", "m") for index in range(SERVERS))
    work = EndpointSpec("work", Exponential(round(MEAN_WORK_S * 1000) * NS_PER_MS))
    return Blueprint(
        name="plain-queue",
        phases=Phases(measure_ns=round(seconds * NS_PER_S)),
        zones=("a",),
        services=(
            ServiceSpec(
                name="server", instances=servers, slots=1, queue_limit=10**6, endpoints=(work,)
            ),
        ),
        edges=(
            EdgeConfig("users", "server", timeout_ns=0, balancer=BalancerConfig("round_robin")),
        ),
        sources=(
            SourceSpec(
                "users",
                "server",
                (MixEntry("work", 1.0),),
                RateProfile((0,), (RATE_PER_S,)),
                "a",
            ),
        ),
        links=LinksSpec(at_once, at_once, at_once),
    )


def run_simpy(seed: int, seconds: float) -> int:
    """The same queue as SimPy's own examples write it. Returns how many were served."""
    env = simpy.Environment()
    dice = random.Random(seed)
    servers = cycle([simpy.Resource(env) for _ in range(SERVERS)])
    served: list[tuple[float, float]] = []

    def customer(server: simpy.Resource) -> Steps:
        arrived = env.now
        with server.request() as turn:
            yield turn
            yield env.timeout(dice.expovariate(1.0 / MEAN_WORK_S))
        served.append((arrived, env.now))
        return None

    def users() -> Steps:
        while True:
            yield env.timeout(dice.expovariate(RATE_PER_S))
            env.process(customer(next(servers)))

    env.process(users())
    env.run(until=seconds)
    return len(served)
