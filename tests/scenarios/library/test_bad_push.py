"""mesh/bad-push: what its file claims, and by the mechanism it names."""

from functools import cache
from pathlib import Path

import numpy as np

import scenarios
from models.base.outcome import Outcome
from models.base.time import NS_PER_S
from models.records.record import RunRecord, Verdict
from reports.timeline import timeline
from scenarios.load import load
from scenarios.runs.execute import RunOptions, execute

FILE = Path(scenarios.__file__).parent / "library" / "mesh" / "bad-push.yaml"
WARM_UP_S, PUSHED_S, TAKEN_BACK_S = 5, 20, 40


@cache
def record() -> RunRecord:
    return execute(load(FILE), RunOptions())


def timed_out_by_caller(start_s: float, end_s: float) -> list[float]:
    """Share of each shop's calls in a span of time that were given up."""
    attempts = record().attempts
    starts = attempts["start_ns"] / NS_PER_S
    inside = (starts > start_s) & (starts < end_s)
    shares = []
    for caller in range(4):
        mine = inside & (attempts["caller"] == caller)
        shares.append(float((attempts["outcome"][mine] == Outcome.TIMEOUT).mean()))
    return sorted(shares)


def test_it_shows_what_it_claims() -> None:
    assert record().verdict is Verdict.PASSED


def test_every_proxy_but_the_one_that_is_cut_off_gives_up_all_its_calls() -> None:
    assert timed_out_by_caller(PUSHED_S + 0.1, TAKEN_BACK_S) == [0.0, 1.0, 1.0, 1.0]


def test_before_the_push_and_after_the_roll_back_none_is_given_up() -> None:
    assert timed_out_by_caller(WARM_UP_S, PUSHED_S) == [0.0] * 4
    assert timed_out_by_caller(TAKEN_BACK_S + 0.1, 60) == [0.0] * 4


def test_the_timeline_tells_of_both_versions() -> None:
    told = [moment.text for moment in timeline(record())]
    assert "Configuration 1.2 published (tight time-outs)" in told
    assert "Configuration 1.3 published (roll-back)" in told
    assert any("runs at all 9 proxies" in text for text in told)


def test_the_roll_back_has_converged_when_the_partition_has_ended() -> None:
    times = np.asarray(record().events["time_ns"]) / NS_PER_S
    kinds = record().events.text("kind")
    (converged,) = [t for t, kind in zip(times, kinds, strict=True) if kind == "config_converged"]
    assert converged > 55
