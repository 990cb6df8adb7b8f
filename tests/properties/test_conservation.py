"""Whatever is broken, nothing is lost or counted twice: in both orders of ties."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic, Exponential
from models.discovery.config import DiscoveryConfig
from models.faults.ailments import Abort, Hang, Pause, Slow
from models.faults.kind import FaultKind
from models.faults.plan import AddedLatency, ErrorRate, Fault, InstanceCrash, ZoneOutage
from models.faults.selector import Selector
from models.service.spec import Cancel
from models.traffic.config import BackoffConfig, BudgetConfig, RetryConfig
from sim.world import build
from tests.sim.worlds import MS, S, blueprint, edge, service

selectors = st.builds(
    Selector,
    service=st.sampled_from(["front", "back", None]),
    zone=st.sampled_from(["a", "b", None]),
    count=st.sampled_from([1, 2, None]),
)
kinds: st.SearchStrategy[FaultKind] = st.one_of(
    st.builds(InstanceCrash, selectors),
    st.builds(ZoneOutage, st.sampled_from("abc")),
    st.builds(AddedLatency, selectors, st.just(Deterministic(80 * MS))),
    st.builds(ErrorRate, selectors, st.sampled_from([0.3, 1.0])),
    st.builds(Abort, selectors, st.sampled_from([0.3, 1.0])),
    st.builds(Hang, selectors, st.sampled_from([0.3, 1.0])),
    st.builds(Pause, selectors),
    st.builds(Slow, selectors, st.sampled_from([1.5, 20.0])),
)
faults = st.builds(
    Fault,
    st.sampled_from(["x", "y", "z"]),
    st.integers(0, 5 * S),
    st.none() | st.integers(0, 4 * S),
    kinds,
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    plan=st.lists(faults, max_size=4),
    cancel=st.sampled_from(Cancel),
    seed=st.integers(0, 1000),
    shuffle=st.booleans(),
    queue_limit=st.sampled_from([0, 3, 50]),
    with_discovery=st.booleans(),
)
def test_every_request_and_attempt_ends_up_in_the_record_exactly_once(
    plan: list[Fault],
    cancel: Cancel,
    seed: int,
    shuffle: bool,
    queue_limit: int,
    with_discovery: bool,
) -> None:
    retry = RetryConfig(2, BackoffConfig(10 * MS, 40 * MS), BudgetConfig(0.5))
    world = build(
        blueprint(
            [
                service(
                    "front",
                    slots=3,
                    queue_limit=queue_limit,
                    calls=[["back"], ["back", "back"]],
                    cancel=cancel,
                    start_up_ns=S // 2,
                ),
                service(
                    "back",
                    slots=2,
                    queue_limit=queue_limit,
                    work=Exponential(15 * MS),
                    cancel=cancel,
                ),
            ],
            [
                edge("users", "front", timeout_ns=150 * MS, retry=retry),
                edge("front", "back", timeout_ns=60 * MS, retry=retry),
            ],
            rate_per_s=60,
            seconds=7,
            faults=plan,
            discovery=DiscoveryConfig("a") if with_discovery else None,
        ),
        seed,
        shuffle_ties=shuffle,
    )
    counts = world.run().counts
    ended = counts.completed + counts.failed + counts.rejected + counts.timed_out
    assert counts.offered == ended + counts.in_flight > 0
