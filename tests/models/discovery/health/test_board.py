"""Overall health: what follows from parts and what they depend on."""

import pytest

from models.base.errors import ConfigError
from models.discovery.health.board import (
    OVERALL,
    Component,
    ComponentReport,
    HealthBoard,
    HealthNotice,
)
from models.discovery.health.result import Answer, Health, ProbeResult

FINE = ProbeResult(Answer.PASSED, "fine")
BROKEN = ProbeResult(Answer.FAILED, "refused")
SHOP = (
    Component("web", requires=("api",)),
    Component("api", requires=("db",), uses=("cache",)),
    Component("db"),
    Component("cache", is_critical=False),
)


def board(*ill: tuple[str, Health]) -> HealthBoard:
    made = HealthBoard(SHOP)
    for component in SHOP:
        made.report(component.name, Health.HEALTHY, FINE, now=0)
    for name, health in ill:
        made.report(name, health, BROKEN, now=1)
    return made


def effective(made: HealthBoard) -> dict[str, Health]:
    return {component.name: made.of(component.name).effective for component in SHOP}


def test_all_healthy_is_healthy() -> None:
    assert board().overall is Health.HEALTHY


def test_nothing_is_known_before_the_first_reports() -> None:
    assert HealthBoard(SHOP).overall is Health.UNKNOWN
    assert HealthBoard([]).overall is Health.HEALTHY


def test_without_a_required_part_all_above_are_as_bad() -> None:
    made = board(("db", Health.UNHEALTHY))
    assert effective(made) == {
        "web": Health.UNHEALTHY,
        "api": Health.UNHEALTHY,
        "db": Health.UNHEALTHY,
        "cache": Health.HEALTHY,
    }
    assert made.overall is Health.UNHEALTHY
    assert made.of("web") == ComponentReport(Health.HEALTHY, Health.UNHEALTHY, FINE)


def test_without_a_part_that_is_merely_used_those_above_are_degraded() -> None:
    made = board(("cache", Health.UNHEALTHY))
    assert effective(made)["api"] is Health.DEGRADED
    assert effective(made)["web"] is Health.DEGRADED
    assert made.overall is Health.DEGRADED


def test_what_is_unknown_is_worse_than_degraded_and_better_than_down() -> None:
    assert board(("db", Health.UNKNOWN), ("api", Health.DEGRADED)).overall is Health.UNKNOWN
    assert board(("db", Health.UNKNOWN), ("web", Health.UNHEALTHY)).overall is Health.UNHEALTHY


def test_a_change_is_told_for_every_part_it_reaches_from_the_bottom_and_the_whole_last() -> None:
    made = board()
    notices = made.report("db", Health.UNHEALTHY, BROKEN, now=9)
    assert [notice.component for notice in notices] == ["db", "api", "web", OVERALL]
    assert notices[1] == HealthNotice("api", Health.HEALTHY, Health.UNHEALTHY, "db", "refused", 9)


def test_a_report_that_changes_nothing_tells_nobody_and_is_kept() -> None:
    made = board()
    other = ProbeResult(Answer.PASSED, "still fine")
    assert made.report("db", Health.HEALTHY, other, now=9) == ()
    assert made.of("db").last == other


def test_a_part_hidden_by_a_worse_one_is_not_told_twice() -> None:
    made = board(("db", Health.UNHEALTHY))
    notices = made.report("api", Health.DEGRADED, BROKEN, now=9)
    assert notices == ()


@pytest.mark.parametrize(
    ("components", "message"),
    [
        ([Component("a"), Component("a")], "'a' needs a name of its own"),
        ([Component("")], "'' needs a name of its own"),
        ([Component("a", requires=("b",))], "'a' depends on unknown 'b'"),
        (
            [Component("a", requires=("b",)), Component("b", uses=("a",))],
            "depend on each other: (a -> b -> a|b -> a -> b)",
        ),
    ],
)
def test_components_that_make_no_sense_are_refused(
    components: list[Component], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        HealthBoard(components)


def test_an_unknown_component_is_refused() -> None:
    with pytest.raises(ConfigError, match="no component 'x'"):
        board().report("x", Health.HEALTHY, FINE, now=0)
    with pytest.raises(ConfigError, match="no component 'x'"):
        board().of("x")
