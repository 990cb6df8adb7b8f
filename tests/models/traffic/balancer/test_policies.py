"""From a policy's name to a balancer, a user's own included."""

import dataclasses
from collections.abc import Mapping

import pytest

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER, Balancer
from models.traffic.balancer.hashed.bounded_load import BoundedLoad
from models.traffic.balancer.hashed.ketama import Ketama
from models.traffic.balancer.hashed.maglev import Maglev
from models.traffic.balancer.hashed.ring_hash import RingHash
from models.traffic.balancer.layers.config import LayersConfig, SlowStartConfig, SubsetConfig
from models.traffic.balancer.layers.slow_start import SlowStart
from models.traffic.balancer.layers.subset import Subset
from models.traffic.balancer.load.least_connections import LeastConnections
from models.traffic.balancer.load.least_request import LeastRequest
from models.traffic.balancer.load.peak_ewma import PeakEwma
from models.traffic.balancer.load.weighted_least_request import WeightedLeastRequest
from models.traffic.balancer.pick_first import PickFirst
from models.traffic.balancer.policies import BUILT_IN, FIELDS_OF, BalancerFactory, make_balancer
from models.traffic.balancer.prequal.config import PrequalConfig
from models.traffic.balancer.prequal.policy import Prequal
from models.traffic.balancer.random_choice import RandomChoice
from models.traffic.balancer.roster import Roster
from models.traffic.balancer.round_robin import RoundRobin
from models.traffic.balancer.smooth_weighted import SmoothWeighted
from models.traffic.balancer.weighted_random import WeightedRandom
from models.traffic.config import BalancerConfig


class LowestIndex(Roster):
    """A policy as a user might write it: the lowest member that is up."""

    def __init__(self, floor: int) -> None:
        super().__init__()
        self.floor = floor

    def pick(self, _now: int, /, avoid: int = NO_MEMBER) -> int:
        eligible = [member for member in self._up if member >= self.floor and member != avoid]
        return min(eligible, default=NO_MEMBER)


def lowest_index(config: BalancerConfig, _stream: Stream) -> Balancer:
    return LowestIndex(int(config.options["floor"]))


PLUGINS: Mapping[str, BalancerFactory] = {"lowest_index": lowest_index}


@pytest.mark.parametrize(
    ("policy", "kind", "tracks_load"),
    [
        ("round_robin", RoundRobin, False),
        ("smooth_weighted", SmoothWeighted, False),
        ("least_request", LeastRequest, True),
        ("random", RandomChoice, False),
        ("weighted_random", WeightedRandom, False),
        ("pick_first", PickFirst, False),
        ("least_connections", LeastConnections, True),
        ("weighted_least_request", WeightedLeastRequest, True),
        ("peak_ewma", PeakEwma, True),
        ("ring_hash", RingHash, False),
        ("ketama", Ketama, False),
        ("maglev", Maglev, False),
        ("prequal", Prequal, False),
    ],
)
def test_each_built_in_policy_has_a_name(
    policy: str, kind: type[Roster], tracks_load: bool
) -> None:
    balancer = make_balancer(BalancerConfig(policy), Stream(1, "edge"))
    assert type(balancer) is kind
    assert balancer.tracks_load is tracks_load


@pytest.mark.parametrize("policy", ["ring_hash", "ketama", "maglev"])
def test_a_hash_balance_factor_bounds_the_load_of_each_keyed_policy(policy: str) -> None:
    balancer = make_balancer(BalancerConfig(policy, hash_balance_factor=150), Stream(1, "edge"))
    assert type(balancer) is BoundedLoad
    assert balancer.needs_key
    assert balancer.tracks_load


def test_only_keyed_policies_need_a_key_and_only_peak_ewma_the_time() -> None:
    balancers = {name: make_balancer(BalancerConfig(name), Stream(1, name)) for name in BUILT_IN}
    keyed = {name for name, balancer in balancers.items() if balancer.needs_key}
    assert keyed == {"ring_hash", "ketama", "maglev"}
    assert {name for name, balancer in balancers.items() if balancer.needs_time} == {"peak_ewma"}


def test_each_built_in_policy_names_the_fields_it_reads() -> None:
    fields = {entry.name for entry in dataclasses.fields(BalancerConfig)}
    assert set(FIELDS_OF) == set(BUILT_IN)
    assert {name for names in FIELDS_OF.values() for name in names} == fields - {
        "policy",
        "options",
        "layers",
    }


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (BalancerConfig("least_request", active_request_bias=-0.5), "bias must be in"),
        (BalancerConfig("weighted_least_request", active_request_bias=16.5), "bias must be in"),
        (BalancerConfig("peak_ewma", decay_ns=0), "more than 0 ns"),
        (BalancerConfig("ring_hash", ring_size_min=0), "not 0 and"),
        (BalancerConfig("ring_hash", ring_size_max=1023), "not 1024 and 1023"),
        (BalancerConfig("ketama", points_per_weight=0), "at least one point, not 0"),
        (BalancerConfig("maglev", table_size=65_536), "prime number of slots"),
        (BalancerConfig("maglev", hash_balance_factor=99), "below 100"),
    ],
)
def test_each_field_reaches_the_policy_that_reads_it(
    config: BalancerConfig, complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        make_balancer(config, Stream(1, "edge"))


def test_the_parameters_of_prequal_reach_it() -> None:
    config = BalancerConfig("prequal", prequal=PrequalConfig(probes_per_pick=2.0))
    balancer = make_balancer(config, Stream(1, "edge"))
    assert isinstance(balancer, Prequal)
    for member in range(5):
        balancer.add(member)
    balancer.pick(0)
    assert len(balancer.probes()) == 2


def test_layers_are_laid_around_a_policy_built_in_or_not() -> None:
    slow = BalancerConfig("round_robin", layers=LayersConfig(slow_start=SlowStartConfig()))
    assert isinstance(make_balancer(slow, Stream(1, "edge")), SlowStart)
    subset = LayersConfig(subset=SubsetConfig(2))
    own = BalancerConfig("lowest_index", options={"floor": "0"}, layers=subset)
    assert isinstance(make_balancer(own, Stream(1, "edge"), PLUGINS), Subset)


def test_layers_that_do_not_go_with_a_policy_are_refused() -> None:
    layers = LayersConfig(slow_start=SlowStartConfig())
    with pytest.raises(ConfigError, match="request keys cannot start members slowly"):
        make_balancer(BalancerConfig("maglev", layers=layers), Stream(1, "edge"))


def test_a_full_scan_reaches_the_policy() -> None:
    balancer = make_balancer(BalancerConfig("least_request", scans_all=True), Stream(1, "edge"))
    for member in range(9):
        balancer.add(member)
        if member != 4:
            balancer.started(member)
    assert balancer.pick(0) == 4


def test_the_number_of_choices_reaches_the_policy() -> None:
    with pytest.raises(ConfigError, match="at least one choice"):
        make_balancer(BalancerConfig("least_request", choices=0), Stream(1, "edge"))


def test_a_plug_in_is_made_with_its_options() -> None:
    config = BalancerConfig("lowest_index", options={"floor": "4"})
    balancer = make_balancer(config, Stream(1, "edge"), PLUGINS)
    for member in (7, 2, 5):
        balancer.add(member)
    assert [balancer.pick(0), balancer.pick(0, 5)] == [5, 7]


def test_a_misspelt_policy_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="did you mean 'least_request'"):
        make_balancer(BalancerConfig("least_requests"), Stream(1, "edge"))


def test_an_unknown_policy_is_refused_with_the_names_that_are_known() -> None:
    known = ", ".join((*BUILT_IN, "lowest_index"))
    with pytest.raises(ConfigError, match=rf"known: {known}\)$"):
        make_balancer(BalancerConfig("zzz"), Stream(1, "edge"), PLUGINS)


def test_options_of_a_built_in_policy_are_refused_by_name() -> None:
    config = BalancerConfig("round_robin", options={"floor": "4"})
    with pytest.raises(ConfigError, match="'round_robin' has no options, but got: floor"):
        make_balancer(config, Stream(1, "edge"))


def test_a_plug_in_may_not_take_a_built_in_name() -> None:
    with pytest.raises(ConfigError, match="built-in policy 'round_robin'"):
        make_balancer(
            BalancerConfig("least_request"), Stream(1, "edge"), {"round_robin": lowest_index}
        )
