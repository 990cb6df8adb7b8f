"""Instances that count what they answer."""

from models.base.outcome import Outcome
from sim.nodes.gated import GatedInstance
from sim.nodes.instance import Instance
from sim.nodes.metered import AnswerMeter, Metered, metered


def test_a_duration_on_a_bound_belongs_to_the_bucket_below_it() -> None:
    meter = AnswerMeter((100, 200))
    for duration_ns in (100, 101, 200, 201):
        meter.record(3, Outcome.OK, duration_ns)
    ((caller, outcome, answers),) = meter.read()
    assert (caller, outcome) == (3, Outcome.OK)
    assert answers.counts == [1, 2, 1]
    assert answers.total_ns == 602


def test_callers_and_outcomes_are_counted_apart() -> None:
    meter = AnswerMeter((100,))
    meter.record(1, Outcome.OK, 5)
    meter.record(1, Outcome.ERROR, 5)
    meter.record(2, Outcome.OK, 5)
    assert [(caller, outcome) for caller, outcome, _ in meter.read()] == [
        (1, Outcome.OK),
        (1, Outcome.ERROR),
        (2, Outcome.OK),
    ]


def test_a_metered_kind_is_still_of_its_kind() -> None:
    for kind in (Instance, GatedInstance):
        assert issubclass(metered(kind), Metered)
        assert issubclass(metered(kind), kind)
    assert metered(GatedInstance) is metered(GatedInstance)
