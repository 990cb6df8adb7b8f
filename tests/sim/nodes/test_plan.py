"""Call trees: their positions, and the trees that are refused."""

import pytest

from models.base.errors import ConfigError
from models.service.spec import ServiceSpec
from sim.nodes.plan import DEPTH_MAX, NODES_MAX, Planner
from tests.sim.worlds import service, users


def chain(length: int) -> list[ServiceSpec]:
    """Services that call each other in a row."""
    names = [f"s{number}" for number in range(length)]
    following = [[[name]] for name in names[1:]] + [[]]
    return [service(name, calls=calls) for name, calls in zip(names, following, strict=True)]


def test_positions_are_numbered_in_the_order_of_the_calls_with_their_parents() -> None:
    planner = Planner([service("a", calls=[["b", "c"], ["b"]]), service("b"), service("c")], 1)
    (entry,) = planner.entries(users("a", 1.0))
    assert [(node.service, node.parent) for node in planner.nodes] == [
        ("a", -1),
        ("b", 0),
        ("c", 0),
        ("b", 0),
    ]
    assert [[child.index for child in step] for step in entry.root.steps] == [[1, 2], [3]]
    assert len(entry.demands) == 4


def test_a_tree_as_deep_as_the_limit_is_built() -> None:
    planner = Planner(chain(DEPTH_MAX), 1)
    planner.entries(users("s0", 1.0))
    assert len(planner.nodes) == DEPTH_MAX


def test_a_deeper_tree_is_refused() -> None:
    with pytest.raises(ConfigError, match=f"more than {DEPTH_MAX} calls deep"):
        Planner(chain(DEPTH_MAX + 1), 1).entries(users("s0", 1.0))


def test_services_that_call_each_other_in_a_circle_are_refused() -> None:
    circle = [service("a", calls=[["b"]]), service("b", calls=[["a"]])]
    with pytest.raises(ConfigError, match="in a circle"):
        Planner(circle, 1).entries(users("a", 1.0))


def fan(first: int, then: int) -> list[ServiceSpec]:
    """A tree of 1 + first * (1 + then) positions."""
    return [
        service("a", calls=[["b"] * first]),
        service("b", calls=[["c"] * then]),
        service("c"),
    ]


def test_a_tree_of_as_many_positions_as_the_limit_is_built() -> None:
    planner = Planner(fan(99, 100), 1)
    planner.entries(users("a", 1.0))
    assert len(planner.nodes) == NODES_MAX


def test_a_tree_of_one_position_more_is_refused() -> None:
    with pytest.raises(ConfigError, match=f"more than {NODES_MAX} positions"):
        Planner(fan(100, 99), 1).entries(users("a", 1.0))


def test_an_endpoint_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no endpoint ghost\.do"):
        Planner([service("a", calls=[["ghost"]])], 1).entries(users("a", 1.0))
