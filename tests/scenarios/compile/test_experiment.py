"""Experiments in scenario files: what they become, and what is refused where it stands."""

from pathlib import Path

import pytest
import yaml

import scenarios
from models.base.time import NS_PER_MS, NS_PER_S
from models.faults.experiment.probe import Measure
from scenarios.load import load
from scenarios.source.problems import ScenarioError

FILE = Path(scenarios.__file__).parent / "library" / "experiments" / "slow-stock.yaml"


def edited(tmp_path: Path, **changes: object) -> Path:
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    for key, value in changes.items():
        if key in document:
            document[key] = value
        else:
            document["experiment"][key] = value
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_probes_have_their_units() -> None:
    config = load(FILE).blueprint.experiment
    assert config is not None
    errors, latency, up = config.steady_state
    assert (errors.measure, errors.of, errors.below) == (Measure.ERROR_RATIO, "shoppers", 0.005)
    assert (latency.quantile, latency.below) == (0.99, 100 * NS_PER_MS)
    assert (up.measure, up.above, up.text) == (Measure.INSTANCES_UP, 3, "instances up of stock > 3")
    assert config.stops[0].for_ns == 3 * NS_PER_S
    assert [goal.share for goal in config.goals] == [1.0, 0.95]
    assert (config.every_ns, config.window_ns) == (NS_PER_S, 10 * NS_PER_S)


def test_an_experiment_is_judged_in_the_order_in_which_it_happens() -> None:
    texts = [expectation.text for expectation in load(FILE).expectations]
    assert texts[:5] == [
        "experiment: steady state before",
        "experiment: not aborted",
        "experiment: throughput of shoppers > 350/s",
        "experiment: p95 of shoppers < 150ms",
        "experiment: steady state at the end",
    ]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"steady_state": []}, "experiment.steady_state: needs at least 1 entry"),
        ({"steady_state": [{"error_ratio": "shopper", "below": "1%"}]},
         "steady_state[0].error_ratio: unknown load source 'shopper', did you mean 'shoppers'?"),
        ({"steady_state": [{"instances_up": "stok", "above": 1}]},
         "instances_up: unknown service 'stok', did you mean 'stock'?"),
        ({"steady_state": [{"error_ratio": "shoppers", "below": "1%", "for": "1s"}]},
         "steady_state[0].for: 'for' means nothing here"),
        ({"abort": [{"error_ratio": "shoppers", "above": "1%", "in": "5%"}]},
         "abort[0].in: 'in' means nothing here"),
        ({"success": [{"error_ratio": "shoppers"}]}, "give a bound: below, above, or both"),
        ({"success": [{"error_ratio": "shoppers", "above": "5%", "below": "5%"}]},
         "success[0].above: nothing lies between these bounds"),
        ({"success": [{"eror_ratio": "shoppers", "above": "5%"}]}, "did you mean 'error_ratio'?"),
        ({"every": "1us"}, "experiment.every: more than 100,000 samples; write at least 0.0009s"),
        ({"faults": []}, "experiment: an experiment needs a method: something under 'faults'"),
        ({"faults": [{"at": "1s", "for": "5s", "load_surge": {"source": "shoppers", "factor": 2}}]},
         "faults[0]: a load surge is drawn before the run, so no experiment could abort it"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_where_it_stands(
    tmp_path: Path, changes: dict[str, object], error: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(edited(tmp_path, **changes))
    assert any(error in problem.headline() for problem in caught.value.problems)
