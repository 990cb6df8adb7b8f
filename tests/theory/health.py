"""Families of active health checks: how long until a target is down, or up again.

The check runs at a phase that is uniform to the failure. A probe of a failed target is answered
(a refusal) or given up after a fixed time.
"""

import numpy as np

from models.base.samplers import UnitExponentials
from models.base.streams import Stream
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.discovery.health.check import HealthChanged, HealthCheck, StartProbe
from models.discovery.health.config import CheckConfig, Schedule
from models.discovery.health.result import Answer, ProbeResult
from models.traffic.balancer.round_robin import RoundRobin
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import MEAN_WIDTH, Score, of_mean

FAILURES = 20_000
ARRIVALS = 2_000_000
DEAD = 0
PASSED, FAILED = ProbeResult(Answer.PASSED), ProbeResult(Answer.FAILED)


def time_to_move(
    check: HealthCheck, result: ProbeResult, takes_ns: DurationNs, since: TimeNs
) -> DurationNs:
    """From ``since``, from when on every probe ends so and takes so long, to the next move."""
    while True:
        now = check.next_deadline()
        (probe,) = check.tick(now=now)
        assert isinstance(probe, StartProbe)
        answer, took = (result, takes_ns) if now >= since else (_opposite(result), 0)
        for action in check.record(probe.number, answer, now=now + took):
            if isinstance(action, HealthChanged) and now >= since:
                return action.at - since


def _opposite(result: ProbeResult) -> ProbeResult:
    return PASSED if result is FAILED else FAILED


def config_of(case: Case) -> CheckConfig:
    interval_ns = round(case["inter"] * NS_PER_S)
    is_from_end = case.parameters.get("rule") == "end-to-start"
    return CheckConfig(
        interval_ns=interval_ns,
        timeout_ns=interval_ns,
        rise=case.parameters.get("rise", 1),
        fall=case.parameters.get("fall", 1),
        schedule=Schedule.END_TO_START if is_from_end else Schedule.START_TO_START,
    )


def times_to_move(
    config: CheckConfig, result: ProbeResult, takes_ns: DurationNs, seed: int, count: int
) -> np.ndarray:
    """Seconds until a change of the target is believed, for changes at uniform phases."""
    phases = Stream(seed, "phase")
    times = []
    for _ in range(count):
        check = HealthCheck(config, start_ns=0)
        time_to_move(check, _opposite(result), 0, 0)
        since = check.next_deadline() - phases.below(config.interval_ns)
        times.append(time_to_move(check, result, takes_ns, since))
    return np.array(times) / NS_PER_S


def of_support(case: Case, times: np.ndarray) -> Score:
    """The mean within its interval, and not one value outside the support."""
    mean, least, most = case.value
    found = of_mean(mean, times, len(times), "changes")
    is_inside = bool(least <= times.min() and times.max() <= most)
    note = f"all in [{times.min():.3f}, {times.max():.3f}]"
    holds = found.holds and is_inside
    return Score(found.estimate, found.half_width, holds, len(times), "changes", MEAN_WIDTH, note)


@scores(r"hc-fall-.*")
def time_to_down(case: Case, seed: int, scale: float) -> Score:
    takes_ns = round(case["check_timeout"] * NS_PER_S)
    count = round(FAILURES * scale)
    return of_support(case, times_to_move(config_of(case), FAILED, takes_ns, seed, count))


@scores(r"hc-rise-.*")
def time_to_up(case: Case, seed: int, scale: float) -> Score:
    count = round(FAILURES * scale)
    return of_support(case, times_to_move(config_of(case), PASSED, 0, seed, count))


@scores(r"hc-errors-.*")
def failed_requests(case: Case, seed: int, scale: float) -> Score:
    """Requests that round robin sends to the dead one of N before the check takes it out."""
    takes_ns = round(float(case.id.rsplit("-", 1)[1]) * NS_PER_S)
    count = max(20, round(ARRIVALS * scale / (case.value * case["N"])))
    times = times_to_move(config_of(case), FAILED, takes_ns, seed, count)
    gaps = UnitExponentials(Stream(seed, "arrivals")).draws
    phase = Stream(seed, "turn")
    failed = []
    for down_after in times:
        balancer = RoundRobin()
        for member in range(case["N"]):
            balancer.add(member)
        for _ in range(phase.below(case["N"])):
            balancer.pick(0)
        now, hits = next(gaps) / case["rate"], 0
        while now < down_after:
            hits += balancer.pick(0) == DEAD
            now += next(gaps) / case["rate"]
        failed.append(hits)
    return of_mean(case.value, np.array(failed, dtype=float), len(failed), "failures")
