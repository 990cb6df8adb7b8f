"""The flat server does what the layered one does, to the byte."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic
from models.faults.plan import AddedLatency, ErrorRate, InstanceCrash
from models.faults.selector import Selector
from models.service.spec import Cancel
from models.traffic.config import RetryConfig
from sim.nodes import fitting
from sim.nodes.instance import Instance
from sim.nodes.plain import PlainInstance
from sim.world import build
from tests.sim.worlds import MS, blueprint, edge, fault, service


@given(
    seed=st.integers(1, 40),
    cancel=st.sampled_from(list(Cancel)),
    shuffle_ties=st.booleans(),
    rate=st.sampled_from([60.0, 300.0]),
)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_it_leaves_the_same_record_as_the_layered_one(
    seed: int, cancel: Cancel, shuffle_ties: bool, rate: float
) -> None:
    plan = blueprint(
        [
            service("front", calls=[["back"]], cancel=cancel, queue_limit=6),
            service("back", slots=2, queue_limit=3, cancel=cancel),
        ],
        [
            edge("users", "front", timeout_ns=70 * MS, retry=RetryConfig(1)),
            edge("front", "back", timeout_ns=30 * MS, retry=RetryConfig(1)),
        ],
        rate_per_s=rate,
        seconds=4,
        faults=[
            fault(InstanceCrash(Selector(instance="back-0")), at_s=1, for_s=1),
            fault(ErrorRate(Selector(instance="front-1"), 0.5), at_s=1, for_s=1),
            fault(
                AddedLatency(Selector(instance="back-1"), Deterministic(9 * MS)), at_s=2, for_s=1
            ),
        ],
    )
    plan = replace(plan, name="flat")
    flat = build(plan, seed, shuffle_ties=shuffle_ties)
    assert {type(one) for one in flat.instances} == {PlainInstance}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "PlainInstance", Instance)
        layered = build(plan, seed, shuffle_ties=shuffle_ties)
    assert {type(one) for one in layered.instances} == {Instance}
    for one, other in zip(flat.run().tables[:2], layered.run().tables[:2], strict=True):
        assert all(np.array_equal(one[name], other[name]) for name in one.numbers)
