"""Families of one decider: breaker, back-off, retries, limiters, leases."""

import math
from dataclasses import astuple

import numpy as np

from models.base.distributions import Deterministic, Exponential
from models.base.outcome import Outcome
from models.base.samplers import make_sampler
from models.base.streams import Stream
from models.base.time import NS_PER_MS, NS_PER_S
from models.discovery.config import DiscoveryConfig
from models.discovery.lease import LeaseTable
from models.faults.plan import ErrorRate, Fault, InstanceCrash
from models.faults.selector import Selector
from models.records.events import EventKind
from models.scheduling.lease import safe_ttl_ns
from models.traffic import backoff
from models.traffic.breaker import CircuitBreaker
from models.traffic.config import (
    BackoffConfig,
    BreakerConfig,
    BudgetConfig,
    Jitter,
    RetryConfig,
)
from models.traffic.limiter.base import ADMITTED, Rate
from models.traffic.limiter.fixed_window import FixedWindow
from models.traffic.limiter.sliding_window import SlidingLog
from models.traffic.limiter.token_bucket import TokenBucket
from sim.world import build
from tests.sim.worlds import blueprint, edge, service
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import (
    Score,
    at_most,
    kolmogorov,
    of_count,
    of_exact,
    of_mean,
    of_means,
    of_share,
    of_shares,
    together,
)

AT_ONCE = BackoffConfig(base_ns=0, cap_ns=0, jitter=Jitter.NONE)


@scores(r"backoff-full-.*")
def full_jitter(case: Case, seed: int, scale: float) -> Score:
    config = BackoffConfig(
        round(case["base"] * NS_PER_S), round(case["cap"] * NS_PER_S), Jitter.FULL
    )
    stream = Stream(seed, "back-off")
    totals = [
        sum(backoff.delay(config, retry, stream) for retry in range(case["retries"])) / NS_PER_S
        for _ in range(round(200_000 * scale))
    ]
    return of_mean(case.value, totals, len(totals), "calls")


@scores(r"breaker-consec-.*")
def consecutive_failures(case: Case, seed: int, scale: float) -> Score:
    """A window of n calls that opens at 100 % failures opens at the first run of n of them."""
    n, stream, p = case["n"], Stream(seed, "outcomes"), case["p"]
    config = BreakerConfig(window_calls=n, minimum_calls=n, failure_ratio=1.0)
    counts = []
    for _ in range(round(1_000_000 * scale / case.value)):
        breaker, calls = CircuitBreaker(config), 0
        while breaker.closed_epoch:
            calls += 1
            breaker.record(breaker.closed_epoch, stream.uniform() < p, calls)
        counts.append(calls)
    return of_mean(case.value, counts, len(counts), "openings")


@scores(r"breaker-window-.*")
def full_window(case: Case, seed: int, scale: float) -> Score:
    n, stream = case["n"], Stream(seed, "outcomes")
    config = BreakerConfig(window_calls=n, minimum_calls=n, failure_ratio=case["threshold"])
    trials = round(50_000 * scale)
    opened = 0
    for _ in range(trials):
        breaker = CircuitBreaker(config)
        for now in range(n):
            breaker.record(1, stream.uniform() < case["p"], now)
        opened += not breaker.closed_epoch
    return of_share(case.value, opened, trials, "windows")


def failing(
    layers: int, ratio: float, retry: RetryConfig, seed: int, *, rate_per_s: float, seconds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Where the last of a row of services fails: tries, and calls of the last, of each request.

    Requests that the end of the run has overtaken are left out.
    """
    names = [f"layer-{index}" for index in range(layers)]
    services = [
        service(
            name,
            count=1,
            slots=100_000,
            work=Exponential(NS_PER_MS),
            calls=[[following]] if following else [],
        )
        for name, following in zip(names, [*names[1:], ""], strict=True)
    ]
    callers = ["users", *names[:-1]]
    plan = blueprint(
        services,
        [
            edge(caller, callee, retry=retry, timeout_ns=0)
            for caller, callee in zip(callers, names, strict=True)
        ],
        rate_per_s=rate_per_s,
        seconds=seconds,
        latency=Deterministic(0),
        faults=[Fault("errors", 0, None, ErrorRate(Selector(service=names[-1]), ratio))],
    )
    requests, attempts = build(plan, seed).run().tables[:2]
    order = np.argsort(requests["id"])
    is_whole = requests["last_outcome"][order] != Outcome.IN_FLIGHT
    bottom = attempts["request"][attempts["target"] == layers - 1]
    calls = np.bincount(bottom, minlength=len(order))
    return requests["tries"][order][is_whole].astype(np.float64), calls[is_whole]


@scores(r"retry-amp-.*")
def retry_amplification(case: Case, seed: int, scale: float) -> Score:
    retry = RetryConfig(case["retries"], AT_ONCE)
    tries, _ = failing(1, case["p"], retry, seed, rate_per_s=1000, seconds=round(100 * scale))
    return of_means(case.value, [tries], 20, "requests")


@scores(r"retry-layers-.*")
def retry_storm(case: Case, seed: int, scale: float) -> Score:
    """Every layer retries; what reaches the bottom is counted there, request for request."""
    layers = case["layers"]
    retry = RetryConfig(case["attempts"] - 1, AT_ONCE)
    seconds = round(20 * scale)
    _, calls = failing(layers, 1.0, retry, seed, rate_per_s=50, seconds=seconds)
    assert calls.min() == calls.max()
    return of_exact(case.value, float(calls.mean()))


@scores(r"retry-budget")
def retry_budget(case: Case, seed: int, scale: float) -> Score:
    """At 100 % failures; the reserve that the budget starts with is all that may be on top."""
    budget = BudgetConfig(case["ratio"], reserve=10, cap=100)
    retry = RetryConfig(3, AT_ONCE, budget)
    tries, _ = failing(1, 1.0, retry, seed, rate_per_s=1000, seconds=round(100 * scale))
    found = of_exact(case.value, float(tries.mean()))
    return at_most(found, case.value + budget.reserve / len(tries))


@scores(r"tokenbucket-poisson-.*")
def token_bucket(case: Case, seed: int, scale: float) -> Score:
    bucket = TokenBucket(Rate(round(case["r"])), case["b"])
    law = Exponential(round(NS_PER_S / case["lam"]))
    gaps, now = make_sampler(law, Stream(seed, "arrivals")), 0
    answers = []
    for _ in range(round(1_000_000 * scale)):
        now += gaps.draw()
        answers.append(bucket.try_acquire(now) == ADMITTED)
    return of_shares(case.value, [np.array(answers)], 20)


@scores(r"fixedwindow-burst")
def burst_over_the_edge(case: Case, seed: int, scale: float) -> Score:
    """All that gets through in two nanoseconds around the edge of a window."""
    del seed, scale
    found = []
    for limiter, value in zip(
        (FixedWindow(Rate(case["L"])), SlidingLog(Rate(case["L"]))), case.value, strict=True
    ):
        instants = [NS_PER_S - 1] * (3 * case["L"]) + [NS_PER_S] * (3 * case["L"])
        admitted = sum(limiter.try_acquire(now) == ADMITTED for now in instants)
        found.append(of_exact(value, admitted))
    return together(found)


@scores(r"lease-drift")
def lease_under_drift(case: Case, seed: int, scale: float) -> Score:
    del seed, scale
    trusted = safe_ttl_ns(case["T"] * NS_PER_S, round(case["e"] * 1_000_000))
    return of_exact(case.value, trusted / NS_PER_S)


@scores(r"hb-false-.*")
def false_suspicion(case: Case, seed: int, scale: float) -> Score:
    """Beats are lost one by one; the lease ends between the last beat that k lost and the next.

    Suspicions are so rare that their number is Poisson's.
    """
    beat_ns, k = NS_PER_S, case["k"]
    table = LeaseTable(k * beat_ns - beat_ns // 2)
    is_lost = (Stream(seed, "loss").uniforms(round(3_000_000 * scale)) < case["loss"]).tolist()
    table.renew("instance", now=0)
    now = suspicions = 0
    for lost in is_lost:
        now += beat_ns
        if not lost:
            table.renew("instance", now=now)
        elif not table.is_valid("instance", now=now):
            suspicions += 1
            table.renew("instance", now=now)
    return of_count(case.value, suspicions, len(is_lost), "beats")


def detection_times(h: float, lease: float, sweep_s: float, seed: int, count: int) -> np.ndarray:
    """Seconds from a crash at a random instant to the end of the lease, one world each."""
    config = DiscoveryConfig(
        "a",
        heartbeat_ns=round(h * NS_PER_S),
        lease_ns=round(lease * NS_PER_S),
        sweep_ns=round(sweep_s * NS_PER_S),
        refresh_ns=round(4 * lease * NS_PER_S),
    )
    times = []
    for index in range(count):
        phase = Stream(seed * 1_000_000 + index, "crash").below(round(h * NS_PER_S))
        crash_ns = round((lease + h) * NS_PER_S) + phase
        plan = blueprint(
            [service("back", count=1)],
            [edge("users", "back")],
            rate_per_s=0,
            seconds=math.ceil(2 * lease + 3 * h + 3 * sweep_s),
            faults=[Fault("crash", crash_ns, None, InstanceCrash(Selector(instance="back-0")))],
            discovery=config,
            latency=Deterministic(0),
        )
        events = build(plan, seed * 1_000_000 + index).run().tables[3]
        kinds = events.text("kind")
        times.append(
            (int(events["time_ns"][kinds.index(EventKind.LEASE_EXPIRED)]) - crash_ns) / NS_PER_S
        )
    return np.array(times)


@scores(r"hb-scan-.*")
def swept_detection(case: Case, seed: int, scale: float) -> Score:
    times = detection_times(case["h"], case["T"], case["g"], seed, round(1000 * scale))
    mean, sd = case.value
    squares = of_mean(sd * sd, (times - mean) ** 2, len(times), "crashes")
    spread = Score(
        math.sqrt(squares.estimate),
        squares.half_width / (2 * math.sqrt(squares.estimate)),
        squares.holds,
        len(times),
        "crashes",
    )
    return together([of_mean(mean, times, len(times), "crashes"), spread])


@scores(r"hb-support-.*")
def support_of_detection(case: Case, seed: int, scale: float) -> Score:
    """With a sweep much shorter than a beat: inside the bounds, and evenly spread over them."""
    h, lease = case["h"], case["T"]
    sweep_s = h / 100
    times = detection_times(h, lease, sweep_s, seed, round(300 * max(scale, 0.2)))
    low, high = case.value
    inside = bool(times.min() > low and times.max() <= high + sweep_s)
    even = kolmogorov(times - sweep_s / 2, "uniform", (low, high - low), 0.001)
    found = of_mean((low + high + sweep_s) / 2, times, len(times), "crashes")
    return Score(
        found.estimate,
        found.half_width,
        found.holds and inside and even,
        found.size,
        found.unit,
        note=f"all in [{times.min():.4g}, {times.max():.4g}]",
    )


@scores(r"flow-conservation")
def conservation(case: Case, seed: int, scale: float) -> Score:
    """Offered less every way to end, in runs with errors, full queues, time-outs and a crash."""
    worst = 0
    for index in range(max(1, round(5 * scale))):
        plan = blueprint(
            [service("front", count=2, slots=2, queue_limit=5, calls=[["back"]]), service("back")],
            [
                edge("users", "front", timeout_ns=60 * NS_PER_MS, retry=RetryConfig(2)),
                edge("front", "back", timeout_ns=30 * NS_PER_MS),
            ],
            rate_per_s=400,
            faults=[
                Fault("errors", 2 * NS_PER_S, 5 * NS_PER_S, ErrorRate(Selector("back"), 0.3)),
                Fault("crash", 9 * NS_PER_S, 3 * NS_PER_S, InstanceCrash(Selector(count=1))),
            ],
        )
        offered, *ends = astuple(build(plan, seed * 1000 + index).run().counts)
        assert all(ends)
        worst = max(worst, abs(offered - sum(ends)))
    return of_exact(case.value, worst)
