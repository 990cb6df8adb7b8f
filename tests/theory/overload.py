"""Families of stalls and what follows: backlogs that drain, retries that keep a system down.

A stall is a job as long as the stall for every slot of every server: whoever comes meanwhile
waits in line, and nothing is lost.
"""

from dataclasses import dataclass

import numpy as np

from models.base.distributions import Deterministic, Exponential
from models.base.outcome import Outcome, RequestOutcome
from models.base.time import NS_PER_S
from models.records.table import Table
from models.service.spec import EndpointSpec, InstanceSpec, ServiceSpec
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from models.traffic.config import BackoffConfig, BalancerConfig, EdgeConfig, Jitter, RetryConfig
from sim.blueprint import Blueprint, LinksSpec, Phases
from sim.world import build
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import Score, of_mean, together, within
from tests.theory.station import NEVER_NS, SERVICE_NS, Instants, seed_of

STALL_TIMEOUTS = 6
SERVERS = 300
SETTLED_TIMEOUTS = 10
"""After so many the healthy start, or the stall, is over."""


@dataclass(frozen=True)
class Trial:
    """``lam`` requests per mean service time and server; times are in mean service times.

    Callers give up after ``timeout`` (0: never) and try ``retries`` times more, at once, and
    with ``policy`` on another server.
    """

    lam: float
    length: float
    servers: int = 1
    slots: int = 1
    timeout: float = 0.0
    retries: int = 0
    stall_at: float = 0.0
    stall: float = 0.0


def trial(plan: Trial, seed: int) -> tuple[Table, Table]:
    """The users' requests and attempts of one run; those that make the stall are left out."""
    service = ServiceSpec(
        "station",
        tuple(InstanceSpec(f"station-{index}", "a", "m") for index in range(plan.servers)),
        plan.slots,
        10_000_000,
        (
            EndpointSpec("do", Exponential(SERVICE_NS)),
            EndpointSpec("stall", Deterministic(round(plan.stall * SERVICE_NS))),
        ),
    )
    retry = RetryConfig(plan.retries, BackoffConfig(0, 0, Jitter.NONE))
    rate_per_s = plan.lam * plan.servers * NS_PER_S / SERVICE_NS
    world = build(
        Blueprint(
            name="stall",
            phases=Phases(measure_ns=round(plan.length * SERVICE_NS)),
            zones=("a",),
            services=(service,),
            edges=(
                EdgeConfig(
                    "users",
                    "station",
                    timeout_ns=round(plan.timeout * SERVICE_NS),
                    balancer=BalancerConfig("random"),
                    retry=retry,
                ),
                EdgeConfig(
                    "stall", "station", timeout_ns=0, balancer=BalancerConfig("round_robin")
                ),
            ),
            sources=(
                SourceSpec(
                    "users", "station", (MixEntry("do", 1.0),), RateProfile((0,), (rate_per_s,))
                ),
                SourceSpec(
                    "stall", "station", (MixEntry("stall", 1.0),), RateProfile((0,), (1.0,))
                ),
            ),
            links=LinksSpec(Deterministic(0), Deterministic(0), Deterministic(0)),
            sample_interval_ns=NEVER_NS,
        ),
        seed,
    )
    stalls = plan.servers * plan.slots if plan.stall else 0
    world.sources[1]._arrivals = Instants([round(plan.stall_at * SERVICE_NS)] * stalls)
    requests, attempts = world.run().tables[:2]
    return _only(requests, requests["source"] == 0), _only(attempts, attempts["node"] == 0)


def _only(table: Table, is_kept: np.ndarray) -> Table:
    return Table(
        table.schema, {name: column[is_kept] for name, column in table.numbers.items()}, {}
    )


def attempt_rates(plan: Trial, seed: int, since: float) -> np.ndarray:
    """Attempts per server and service time, in ten stretches from ``since`` to the end."""
    _, attempts = trial(plan, seed_of(plan, seed))
    cuts = np.linspace(since, plan.length, 11)
    counts, _ = np.histogram(attempts["start_ns"] / SERVICE_NS, cuts)
    return counts / np.diff(cuts) / plan.servers


@scores(r"meta-fixedpoints-.*")
def two_ways_to_live(case: Case, seed: int, scale: float) -> Score:
    """Undisturbed, the attempt rate of the healthy fixed point; after a stall, of the other.

    The tipping point between the two is not measured.
    """
    tau, length = case["tau"], max(300.0, 1500.0 * min(scale, 4.0))
    healthy, _, stuck = case.value
    calm = Trial(case["lam"], length, SERVERS, timeout=tau, retries=case["retries"])
    start = SETTLED_TIMEOUTS * tau
    undisturbed = attempt_rates(calm, seed, start)
    stall = STALL_TIMEOUTS * tau
    after = Trial(
        case["lam"], start + stall + 30 * tau, SERVERS, 1, tau, case["retries"], start, stall
    )
    disturbed = attempt_rates(after, seed, start + stall + SETTLED_TIMEOUTS * tau)
    size = round(length * SERVERS * case["lam"])
    return together(
        [
            within(of_mean(value, rates, size, "requests"), value, relative=0.015)
            for value, rates in ((healthy, undisturbed), (stuck, disturbed))
        ]
    )


def completed_at_the_end(lam: float, retries: int, seed: int, *, tau: float = 10.0) -> float:
    """Share that completes, a hundred time-outs after a stall of ten, of a last ten time-outs."""
    slots = 100
    begin, stall = 5 * tau, 10 * tau
    length = begin + stall + 110 * tau
    plan = Trial(lam * slots, length, 1, slots, tau, retries, begin, stall)
    requests, _ = trial(plan, seed_of(plan, seed))
    arrival = requests["arrival_ns"] / SERVICE_NS
    is_late = (arrival > length - 10 * tau) & (requests["outcome"] != RequestOutcome.IN_FLIGHT)
    return float((requests["outcome"][is_late] == RequestOutcome.COMPLETED).mean())


@scores(r"meta-threshold-.*")
def hidden_capacity(case: Case, seed: int, scale: float) -> Score:
    """A tenth under the hidden capacity it recovers, a tenth over it does not."""
    del scale
    under = completed_at_the_end(0.9 * case.value, case["retries"], seed)
    over = completed_at_the_end(1.1 * case.value, case["retries"], seed)
    return Score(
        case.value,
        0.1 * case.value,
        under > 0.99 and over < 0.01,
        1,
        "stall",
        note=f"completed {under:.1%} a tenth under, {over:.1%} a tenth over",
    )


@dataclass(frozen=True)
class Drain:
    """After a stall: when the line was first empty, how many had to wait, and the longest wait."""

    time: float
    delayed: int
    longest: float


FLUID = 2000
"""Jobs that are served in one unit of the fluid's time."""


def drain(case: Case, seed: int) -> Drain:
    """One unit of time is 2,000 mean service times; the line is empty when nobody must wait."""
    begin, stall = FLUID / 2, case["D"] * FLUID
    plan = Trial(case["lam"], begin + 6 * stall, stall_at=begin, stall=stall)
    _, attempts = trial(plan, seed_of(plan, seed))
    order = np.argsort(attempts["start_ns"], kind="stable")
    start = attempts["start_ns"][order] / SERVICE_NS
    wait = attempts["wait_us"][order].astype(np.float64) * 1000 / SERVICE_NS
    is_done = attempts["outcome"][order] == Outcome.OK
    struck = int(np.searchsorted(start, begin))
    spared = struck + int(np.argmax((wait[struck:] == 0) & is_done[struck:]))
    return Drain(
        (start[spared] - begin - stall) / FLUID, spared - struck, float(wait.max()) / FLUID
    )


@scores(r"hotos-drain")
def backlog_drains(case: Case, seed: int, scale: float) -> Score:
    drains = [drain(case, seed * 100 + run) for run in range(max(3, round(12 * scale)))]
    times = [one.time for one in drains]
    return within(of_mean(case.value, times, len(times), "stalls"), case.value, relative=0.03)


@scores(r"fluid-maxwait-.*")
def who_is_delayed(case: Case, seed: int, scale: float) -> Score:
    """Delayed jobs in units of the scale, and the longest wait, which is the stall itself."""
    drains = [drain(case, seed * 100 + run) for run in range(max(3, round(12 * scale)))]
    delayed = [one.delayed / FLUID for one in drains]
    longest = [one.longest for one in drains]
    return together(
        [
            within(of_mean(value, values, len(drains), "stalls"), value, relative=0.03)
            for value, values in ((case.value, delayed), (float(case["D"]), longest))
        ]
    )
