"""Routes, by the vectors of semantics 4.2 (alertmanager dispatch/route_test.go, cli tests)."""

from dataclasses import replace

import pytest

from models.alerting.routing.matcher_text import read_matchers
from models.alerting.routing.route import RouteConfig, route_tree
from models.base.errors import ConfigError
from models.base.time import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_S

MINUTE = NS_PER_MINUTE
ONE_OR_TWO = RouteConfig("test1", read_matchers('test=~"^[12]$"'), continues=True)
TWO = RouteConfig("test2", read_matchers('test="2"'))
TREE_B = route_tree(
    RouteConfig(
        "notify-def",
        routes=(
            RouteConfig(
                "notify-A",
                read_matchers('owner="team-A"'),
                routes=(
                    RouteConfig("notify-testing", read_matchers("env=testing"), group_by=("...",)),
                    RouteConfig(
                        "notify-productionA",
                        read_matchers("env=production"),
                        group_wait_ns=MINUTE,
                        continues=True,
                    ),
                    RouteConfig(
                        "notify-productionB",
                        read_matchers("env=~produ.*,job=~.*"),
                        group_by=("job",),
                        group_wait_ns=30 * NS_PER_S,
                        group_interval_ns=5 * MINUTE,
                        repeat_interval_ns=NS_PER_HOUR,
                    ),
                ),
            ),
            RouteConfig(
                "notify-BC",
                read_matchers('owner=~"team-(B|C)"'),
                group_by=("foo", "bar"),
                group_wait_ns=2 * MINUTE,
            ),
            RouteConfig(
                matchers=read_matchers("group_by=role"),
                group_by=("role",),
                routes=(
                    RouteConfig(
                        "notify-testing",
                        read_matchers("env=testing"),
                        routes=(
                            RouteConfig(
                                matchers=read_matchers("wait=long"), group_wait_ns=2 * MINUTE
                            ),
                        ),
                    ),
                ),
            ),
        ),
    )
)


def labels(**values: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(values.items()))


def taken(**values: str) -> list[tuple[str, tuple[str, ...], int]]:
    return [
        (route.receiver, route.group_by, route.group_wait_ns // NS_PER_S)
        for route in TREE_B.matching(labels(**values))
    ]


@pytest.mark.parametrize(
    ("children", "value", "receivers"),
    [
        ((ONE_OR_TWO, TWO), "1", ["test1"]),
        ((ONE_OR_TWO, TWO), "2", ["test1", "test2"]),
        ((replace(TWO, continues=True), ONE_OR_TWO), "2", ["test2", "test1"]),
        ((TWO, ONE_OR_TWO), "2", ["test2"]),
        ((ONE_OR_TWO, TWO), "volovina", ["default"]),
    ],
)
def test_vectors_a(children: tuple[RouteConfig, ...], value: str, receivers: list[str]) -> None:
    tree = route_tree(RouteConfig("default", routes=children))
    assert [route.receiver for route in tree.matching(labels(test=value))] == receivers


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"owner": "team-A"}, [("notify-A", (), 30)]),
        ({"owner": "team-A", "env": "unset"}, [("notify-A", (), 30)]),
        ({"owner": "team-C"}, [("notify-BC", ("foo", "bar"), 120)]),
        ({"owner": "team-A", "env": "testing"}, [("notify-testing", ("...",), 30)]),
        (
            {"owner": "team-A", "env": "production"},
            [("notify-productionA", (), 60), ("notify-productionB", ("job",), 30)],
        ),
        ({"group_by": "role"}, [("notify-def", ("role",), 30)]),
        ({"env": "testing", "group_by": "role"}, [("notify-testing", ("role",), 30)]),
        (
            {"env": "testing", "group_by": "role", "wait": "long"},
            [("notify-testing", ("role",), 120)],
        ),
    ],
)
def test_vectors_b(
    values: dict[str, str], expected: list[tuple[str, tuple[str, ...], int]]
) -> None:
    assert taken(**values) == expected


def test_repeat_interval_is_the_routes_own_or_the_one_above() -> None:
    first, second = TREE_B.matching(labels(owner="team-A", env="production"))
    assert (first.repeat_interval_ns, second.repeat_interval_ns) == (4 * NS_PER_HOUR, NS_PER_HOUR)


def test_time_intervals_are_not_inherited() -> None:
    child = RouteConfig(matchers=read_matchers("b=1"))
    muted = RouteConfig(
        matchers=read_matchers("a=1"), mute_time_intervals=("nights",), routes=(child,)
    )
    tree = route_tree(RouteConfig("on-call", routes=(muted,)))
    assert tree.matching(labels(a="1"))[0].mute_time_intervals == ("nights",)
    assert tree.matching(labels(a="1", b="1"))[0].mute_time_intervals == ()


def test_an_empty_group_by_replaces_the_inherited_one() -> None:
    child = RouteConfig(matchers=read_matchers("a=1"), group_by=())
    tree = route_tree(RouteConfig("on-call", group_by=("a",), routes=(child,)))
    assert tree.matching(labels(a="1"))[0].group_of(labels(a="1")) == ()


def test_groups_by_all_labels_or_by_those_named() -> None:
    every = route_tree(RouteConfig("x", group_by=("...",)))
    some = route_tree(RouteConfig("x", group_by=("b", "missing")))
    assert every.group_of(labels(a="1", b="2")) == labels(a="1", b="2")
    assert some.group_of(labels(a="1", b="2")) == labels(b="2")


def test_paths_tell_routes_apart() -> None:
    assert len({route.path for route in TREE_B.walk()}) == 9


@pytest.mark.parametrize(
    "root",
    [
        RouteConfig(),
        RouteConfig("x", read_matchers("a=1")),
        RouteConfig("x", continues=True),
        RouteConfig("x", mute_time_intervals=("n",)),
        RouteConfig("x", active_time_intervals=("n",)),
        RouteConfig("x", group_by=("...", "a")),
        RouteConfig("x", group_by=("a", "a")),
        RouteConfig("x", group_wait_ns=-1),
        RouteConfig("x", routes=(RouteConfig(group_interval_ns=0),)),
        RouteConfig("x", repeat_interval_ns=0),
    ],
)
def test_bad_trees_are_refused(root: RouteConfig) -> None:
    with pytest.raises(ConfigError):
        route_tree(root)


def test_no_group_wait_is_allowed() -> None:
    assert route_tree(RouteConfig("x", group_wait_ns=0)).group_wait_ns == 0
