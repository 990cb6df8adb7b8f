import pytest
from pydantic import TypeAdapter, ValidationError

from scenarios.document.distributions import (
    LAWS,
    DeterministicDoc,
    DistributionDoc,
    EmpiricalDoc,
    LognormalDoc,
)

ADAPTER = TypeAdapter(DistributionDoc)

VALID = {
    "deterministic": {"value": "5ms"},
    "uniform": {"low": "1ms", "high": "2ms"},
    "exponential": {"mean": "5ms"},
    "normal": {"mean": "5ms", "sd": "1ms"},
    "lognormal": {"p50": "5ms", "p99": "9ms"},
    "pareto": {"scale": "1ms", "shape": 1.5, "cap": "9s"},
    "gamma": {"mean": "5ms", "shape": 2},
    "erlang": {"mean": "5ms", "stages": 3},
    "empirical": {"values": ["1ms", "2ms"], "weights": [1, 3]},
}


def complaint(value):
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(value)
    return caught.value.errors()[0]


def test_every_law_has_an_example_here():
    assert set(VALID) == set(LAWS)


@pytest.mark.parametrize("law", LAWS)
def test_every_law_is_read(law):
    assert ADAPTER.validate_python({"dist": law, **VALID[law]}).dist == law


def test_a_bare_duration_is_always_the_same():
    assert ADAPTER.validate_python("5ms") == DeterministicDoc(dist="deterministic", value="5ms")


def test_a_lognormal_may_be_given_by_moments():
    doc = ADAPTER.validate_python({"dist": "lognormal", "mean": "5ms", "cv": 1.5})
    assert isinstance(doc, LognormalDoc)
    assert doc.p50 is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"dist": "lognormal", "p50": "5ms", "mean": "9ms"}, "either p50 and p99, or mean and cv"),
        ({"dist": "lognormal"}, "either p50 and p99, or mean and cv"),
        ({"dist": "lognormal", "p50": "5ms", "p99": "5ms"}, "must be less than p99"),
        ({"dist": "uniform", "low": "2ms", "high": "2ms"}, "must be less than high"),
        ({"dist": "pareto", "scale": "2ms", "shape": 1, "cap": "2ms"}, "must be more than scale"),
        ({"dist": "empirical", "values": ["1s"], "weights": [1, 2]}, "1 values but 2 weights"),
        ({"dist": "empirical", "values": ["1s"], "weights": [0]}, "all weights are 0"),
        ({"mean": "5ms"}, "required field 'dist' is missing"),
        ({"dist": 3}, "unknown law '3'"),
        ({"dist": "Exponential", "mean": "5ms"}, "did you mean 'exponential'?"),
        (5, "5 has no unit; write 5ms or 5s"),
        (True, "expected a duration or a section with 'dist', got true"),
        (["5ms"], "expected a duration or a section with 'dist', got a list"),
    ],
)
def test_laws_that_make_no_sense_are_refused(value, message):
    assert message.replace("'3'", "3") in complaint(value)["msg"]


def test_a_mean_of_zero_is_refused_but_a_work_of_zero_is_not():
    assert complaint({"dist": "exponential", "mean": 0})["type"] == "greater_than"
    assert ADAPTER.validate_python(0).value == 0


def test_weights_are_as_many_as_values():
    doc = ADAPTER.validate_python({"dist": "empirical", **VALID["empirical"]})
    assert isinstance(doc, EmpiricalDoc)
    assert doc.weights == (1, 3)
