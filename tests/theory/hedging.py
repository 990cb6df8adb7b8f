"""Families of hedged calls where nobody queues: the decider, and answers that take what they take.

One hedge is sent after a delay to a server that answers independently; the first answer counts
and the other try is cancelled.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from models.base.distributions import Exponential
from models.base.outcome import Outcome
from models.base.samplers import make_sampler
from models.base.streams import Stream
from models.base.time import NS_PER_MS, NS_PER_S
from models.traffic.hedging import CancelTry, HedgeConfig, Hedger, SendTry
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import Score, of_exact, of_mean, of_quantile, of_share, together

CALLS = 300_000
BATCHES = 20
Draw = Callable[[], int]


@dataclass(frozen=True)
class Calls:
    """Latency and busy time of each call in nanoseconds, and whether it was sent twice."""

    latency: np.ndarray
    busy: np.ndarray
    is_hedged: np.ndarray


def answer_times(name: str, seed: int) -> Draw:
    """Answer times by name: exponential of one second, H2, or one of two constants."""
    stream = Stream(seed, f"{name}/choice")
    if name == "exp":
        return make_sampler(Exponential(NS_PER_S), Stream(seed, "exp")).draw
    if name == "bi":
        return lambda: (10 if stream.uniform() < 0.9 else 100) * NS_PER_MS
    short = make_sampler(Exponential(10 * NS_PER_MS), Stream(seed, "h2/short"))
    long = make_sampler(Exponential(200 * NS_PER_MS), Stream(seed, "h2/long"))
    return lambda: short.draw() if stream.uniform() < 0.95 else long.draw()


@lru_cache(maxsize=8)
def calls(name: str, delay_ns: int | None, seed: int, count: int) -> Calls:
    """Play ``count`` calls; without a delay there is no hedge."""
    draw = answer_times(name, seed)
    extra = 0 if delay_ns is None else 1
    hedger = Hedger(HedgeConfig(extra_max=extra, delay_ns=delay_ns or 0, budget=None))
    played = [_one(hedger, draw) for _ in range(count)]
    latency, busy, tries = np.array(played).T
    return Calls(latency, busy, tries > 1)


def _one(hedger: Hedger, draw: Draw) -> tuple[int, int, int]:
    now = busy = 0
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    call, actions = hedger.begin(now=now)
    while True:
        for action in actions:
            if isinstance(action, SendTry):
                starts[action.number] = now
                ends[action.number] = now + draw()
            elif isinstance(action, CancelTry):
                busy += now - starts[action.number]
                del ends[action.number]
        if call.is_over:
            return now, busy, call.tries
        due = call.next_deadline()
        first = min(ends, key=ends.__getitem__)
        if due is not None and due < ends[first]:
            now = due
            actions = call.tick(now=now)
        else:
            now = ends.pop(first)
            busy += now - starts[first]
            actions = call.ended(first, Outcome.OK, now=now)


def played(case: Case, seed: int, scale: float) -> Calls:
    count = round(CALLS * scale)
    if "hedge_delay" in case.parameters:
        return calls("exp", round(case["hedge_delay"] * NS_PER_S), seed, count)
    name = "bi" if "-bi-" in case.id else "h2"
    delay_ms = case.parameters.get("hedge_delay_ms")
    return calls(name, None if delay_ms is None else round(delay_ms * NS_PER_MS), seed, count)


@scores(r"hedge-exp-mean-.*")
def mean_latency(case: Case, seed: int, scale: float) -> Score:
    found = played(case, seed, scale)
    return of_mean(case.value, found.latency / NS_PER_S, len(found.latency), "calls")


@scores(r"hedge-h2-mean-.*")
def mean_latency_of_answer_timess(case: Case, seed: int, scale: float) -> Score:
    found = played(case, seed, scale)
    return of_mean(case.value, found.latency / NS_PER_MS, len(found.latency), "calls")


@scores(r"hedge-exp-extra-.*")
def extra_tries(case: Case, seed: int, scale: float) -> Score:
    found = played(case, seed, scale)
    return of_share(case.value, int(found.is_hedged.sum()), len(found.latency), "calls")


@scores(r"hedge-exp-work-.*")
def work_of_both_tries(case: Case, seed: int, scale: float) -> Score:
    found = played(case, seed, scale)
    return of_mean(case.value, found.busy / NS_PER_S, len(found.latency), "calls")


@scores(r"hedge-exp-q99-.*")
def tail_of_one_phase(case: Case, seed: int, scale: float) -> Score:
    found = played(case, seed, scale)
    return of_quantile(case.value, [found.latency / NS_PER_S], 0.99, BATCHES)


@scores(r"hedge-h2-(nohedge-)?q.*")
def tail_of_answer_timess(case: Case, seed: int, scale: float) -> Score:
    found = re.search(r"-q(0\.\d+)", case.id)
    assert found
    latency = played(case, seed, scale).latency / NS_PER_MS
    return of_quantile(case.value, [latency], float(found[1]), BATCHES)


@scores(r"hedge-bi-slow")
def both_slow(case: Case, seed: int, scale: float) -> Score:
    latency = played(case, seed, scale).latency
    return of_share(case.value, int((latency == 100 * NS_PER_MS).sum()), len(latency), "calls")


@scores(r"hedge-bi-p995")
def atoms_of_two_constants(case: Case, seed: int, scale: float) -> Score:
    """The 0.95 and the 0.985 quantile both lie on the hedge that was answered at once."""
    latency = np.sort(played(case, seed, scale).latency / NS_PER_MS)
    found = [latency[int(len(latency) * q)] for q in (0.95, 0.985)]
    return together(
        [of_exact(value, float(one)) for value, one in zip(case.value, found, strict=True)]
    )
