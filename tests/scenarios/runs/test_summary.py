"""What replications say together, from replications made by hand."""

import pytest

from models.quality.interval import t_interval, wilson_interval
from models.records.record import Counts, ExpectationResult, Verdict
from scenarios.runs.figures import Figure, Unit
from scenarios.runs.replications import Replication
from scenarios.runs.summary import summarise


def replication(
    number: int,
    *,
    holds: bool = True,
    verdict: Verdict = Verdict.PASSED,
    figures: tuple[Figure, ...] = (),
    comparable: tuple[Figure, ...] = (),
    alternative: tuple[Figure, ...] = (),
) -> Replication:
    result = ExpectationResult("p99 < 1s", holds, "< 1s", "0.9 s", None, None, "measure")
    return Replication(
        number=number,
        seed=number,
        digest="",
        verdict=verdict,
        stop_reason="",
        counts=Counts(0, 0, 0, 0, 0, 0),
        expectations=(result,),
        figures=figures,
        comparable=comparable,
        alternatives=(("larger", alternative),) if alternative else (),
        again="",
    )


def seconds(name: str, value: float | None) -> tuple[Figure, ...]:
    return (Figure(name, Unit.SECONDS, value),)


def test_an_expectation_has_its_share_and_the_replications_it_failed() -> None:
    runs = [replication(n, holds=n not in (2, 5)) for n in range(1, 7)]
    (entry,) = summarise(runs).expectations
    assert entry.held == wilson_interval(4, 6)
    assert entry.failed_in == (2, 5)


def test_a_figure_has_mean_interval_and_extremes() -> None:
    values = [3.0, 1.0, 2.0]
    runs = [replication(n, figures=seconds("p99", value)) for n, value in enumerate(values)]
    (entry,) = summarise(runs, 0.9).figures
    assert entry.interval == t_interval(values, 0.9)
    assert (entry.lowest, entry.highest) == (1.0, 3.0)


def test_runs_without_a_figure_do_not_count_as_zero() -> None:
    values = [4.0, None, 6.0]
    runs = [replication(n, figures=seconds("failover", value)) for n, value in enumerate(values)]
    (entry,) = summarise(runs).figures
    assert (entry.interval.mean, entry.interval.count) == (5.0, 2)


def test_a_figure_that_no_run_has_is_left_out() -> None:
    assert summarise([replication(1, figures=seconds("failover", None))]).figures == ()


def test_a_figure_known_in_some_runs_only_is_found_by_its_name() -> None:
    runs = [replication(1), replication(2, figures=seconds("failover", 2.0))]
    assert [entry.name for entry in summarise(runs).figures] == ["failover"]


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        ((Verdict.PASSED, Verdict.PASSED), Verdict.PASSED),
        ((Verdict.PASSED, Verdict.FAILED), Verdict.FAILED),
        ((Verdict.STOPPED, Verdict.FAILED, Verdict.PASSED), Verdict.STOPPED),
    ],
)
def test_the_verdict_is_that_of_the_worst_run(
    verdicts: tuple[Verdict, ...], worst: Verdict
) -> None:
    runs = [replication(n, verdict=verdict) for n, verdict in enumerate(verdicts)]
    assert summarise(runs).verdict is worst


def test_an_alternative_is_compared_run_for_run() -> None:
    runs = [
        replication(n, comparable=seconds("p99", base), alternative=seconds("p99", base - 0.5))
        for n, base in enumerate([1.0, 5.0, 9.0])
    ]
    (entry,) = summarise(runs).differences
    assert (entry.alternative, entry.name) == ("larger", "p99")
    assert (entry.difference.interval.mean, entry.difference.interval.half_width) == (-0.5, 0.0)
    assert entry.difference.is_significant


def test_pairs_with_a_missing_half_are_left_out() -> None:
    runs = [
        replication(1, comparable=seconds("p99", 1.0), alternative=seconds("p99", None)),
        replication(2, comparable=seconds("p99", 1.0), alternative=seconds("p99", 3.0)),
    ]
    (entry,) = summarise(runs).differences
    assert (entry.difference.interval.mean, entry.difference.interval.count) == (2.0, 1)
