"""Calls whose failure is not their caller's."""

from dataclasses import replace

import numpy as np
import pytest

from models.base.outcome import Outcome, RequestOutcome
from models.faults.plan import ErrorRate
from models.faults.selector import Selector
from sim.blueprint import Blueprint
from sim.world import build
from tests.sim.worlds import blueprint, edge, fault, service


def plan(optional: frozenset[str]) -> Blueprint:
    made = blueprint(
        [service("front", calls=[["ads", "stock"], ["prices"]]), service("ads"), service("stock"),
         service("prices")],
        [edge("users", "front"), *(edge("front", name) for name in ("ads", "stock", "prices"))],
        rate_per_s=50,
        faults=[fault(ErrorRate(Selector(service="ads"), 1.0))],
    )  # fmt: skip
    front = made.services[0]
    steps = tuple(
        tuple(replace(call, is_optional=call.service in optional) for call in step)
        for step in front.endpoints[0].steps
    )
    front = replace(front, endpoints=(replace(front.endpoints[0], steps=steps),))
    return replace(made, services=(front, *made.services[1:]))


def test_without_an_optional_answer_the_endpoint_goes_on() -> None:
    outcome = build(plan(frozenset({"ads"})), 1).run()
    attempts = outcome.tables[1]
    assert outcome.counts.failed == 0
    assert (attempts["outcome"] == Outcome.ERROR).sum() > 200
    nodes = outcome.manifest.call_nodes
    priced = [i for i, node in enumerate(nodes) if node.service == "prices"]
    served = np.isin(attempts["node"], priced).sum()
    assert served == pytest.approx(outcome.counts.offered, abs=5)


def test_a_needed_answer_is_needed() -> None:
    requests = build(plan(frozenset({"prices"})), 1).run().tables[0]
    assert (requests["outcome"] == RequestOutcome.FAILED).sum() > 200
