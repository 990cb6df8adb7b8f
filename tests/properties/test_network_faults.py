"""However messages are lost, doubled, delayed and held back, every law holds, and all heals."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic, Exponential
from models.discovery.config import DiscoveryConfig
from models.faults.network import (
    BandwidthCut,
    Between,
    Carried,
    CertificateExpiry,
    NetworkFault,
    NetworkLatency,
    PacketDuplication,
    PacketLoss,
    PacketReordering,
    Partition,
    ProbeLoss,
    RegistryDown,
    StaleDiscovery,
)
from models.faults.plan import Fault, InstanceCrash, ZoneOutage
from models.faults.selector import Selector
from models.service.spec import Cancel
from models.traffic.config import BackoffConfig, BudgetConfig, RetryConfig
from sim.world import build
from tests.sim.worlds import MS, S, blueprint, edge, service

selectors = st.builds(
    Selector,
    service=st.sampled_from(["front", "back", "users", "registry", None]),
    zone=st.sampled_from(["a", "b", None]),
)
betweens = st.builds(
    Between,
    st.none() | selectors,
    st.none() | selectors,
    both_ways=st.booleans(),
    carries=st.sets(st.sampled_from(list(Carried)), min_size=1).map(frozenset),
)
ratios = st.sampled_from([0.3, 1.0])
laws = st.sampled_from([Deterministic(0), Deterministic(30 * MS), Exponential(50 * MS)])
network_kinds: st.SearchStrategy[NetworkFault] = st.one_of(
    st.builds(Partition, betweens),
    st.builds(PacketLoss, betweens, ratios),
    st.builds(ProbeLoss, betweens, ratios),
    st.builds(PacketDuplication, betweens, ratios, laws),
    st.builds(PacketReordering, betweens, ratios, laws),
    st.builds(NetworkLatency, betweens, laws),
    st.builds(BandwidthCut, betweens, st.sampled_from([2e4, 1e6])),
    st.builds(CertificateExpiry, betweens),
    st.just(StaleDiscovery()),
    st.just(RegistryDown()),
)
other_kinds = st.one_of(
    st.builds(InstanceCrash, st.builds(Selector, zone=st.sampled_from("abc"))),
    st.builds(ZoneOutage, st.sampled_from("abc")),
)
faults = st.builds(
    Fault,
    st.sampled_from(["x", "y", "z"]),
    st.integers(0, 4 * S),
    st.integers(0, 3 * S),
    network_kinds | network_kinds | other_kinds,
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    plan=st.lists(faults, min_size=1, max_size=4),
    cancel=st.sampled_from(Cancel),
    seed=st.integers(0, 1000),
    shuffle=st.booleans(),
)
def test_every_law_holds_and_every_link_heals(
    plan: list[Fault], cancel: Cancel, seed: int, shuffle: bool
) -> None:
    retry = RetryConfig(2, BackoffConfig(10 * MS, 40 * MS), BudgetConfig(0.5))
    world = build(
        blueprint(
            [
                service("front", slots=3, calls=[["back"], ["back", "back"]], cancel=cancel),
                service("back", slots=2, work=Exponential(15 * MS), cancel=cancel),
            ],
            [
                edge("users", "front", timeout_ns=150 * MS, retry=retry),
                edge("front", "back", timeout_ns=60 * MS, retry=retry),
            ],
            rate_per_s=60,
            seconds=8,
            faults=plan,
            discovery=DiscoveryConfig("a"),
        ),
        seed,
        shuffle_ties=shuffle,
    )
    counts = world.run().counts
    ended = counts.completed + counts.failed + counts.rejected + counts.timed_out
    assert counts.offered == ended + counts.in_flight > 0
    assert all(link.is_plain for link in world.network.links())
    assert world.discovery is not None
    assert world.discovery.server.is_running
    assert not world.discovery.server.is_stale
