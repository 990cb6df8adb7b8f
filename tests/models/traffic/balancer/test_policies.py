"""From a policy's name to a balancer, a user's own included."""

from collections.abc import Mapping

import pytest

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER, Balancer
from models.traffic.balancer.least_request import LeastRequest
from models.traffic.balancer.policies import BalancerFactory, make_balancer
from models.traffic.balancer.roster import Roster
from models.traffic.balancer.round_robin import RoundRobin
from models.traffic.balancer.smooth_weighted import SmoothWeighted
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
    ],
)
def test_each_built_in_policy_has_a_name(
    policy: str, kind: type[Roster], tracks_load: bool
) -> None:
    balancer = make_balancer(BalancerConfig(policy), Stream(1, "edge"))
    assert type(balancer) is kind
    assert balancer.tracks_load is tracks_load


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
    known = "round_robin, smooth_weighted, least_request, lowest_index"
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
