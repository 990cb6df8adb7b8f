"""Alertmanager's configuration file as it is: what it becomes, and what is refused, and where."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import scenarios
from models.alerting.routing.matcher import Matcher, MatchKind
from models.alerting.routing.settings import AlertmanagerConfig
from models.base.time import NS_PER_MINUTE, NS_PER_S
from scenarios.alertmanager.read import read_alertmanager
from scenarios.alertmanager.times import location_of
from scenarios.source.problems import Problems
from scenarios.source.text import read_source
from scenarios.source.tree import flatten
from scenarios.source.yaml_reader import read_yaml

SHIPPED = Path(scenarios.__file__).parent / "library" / "alerting" / "alertmanager.yml"
SMALL = "route: {receiver: a}\nreceivers: [{name: a}]\n"


def read(path: Path) -> tuple[AlertmanagerConfig | None, list[str]]:
    problems = Problems()
    source = read_source(
        path.read_bytes(),
        name=str(path),
        label="alertmanager",
        directory=path.parent,
        rank=0,
        problems=problems,
    )
    assert source is not None
    root = read_yaml(source[1], source[0], problems)
    assert root is not None
    located = flatten(root, problems)
    assert located is not None
    config = read_alertmanager(located, problems)
    return config, [problem.headline() for problem in problems]


def read_text(folder: Path, text: str) -> tuple[AlertmanagerConfig | None, list[str]]:
    (folder / "am.yml").write_text(text)
    return read(folder / "am.yml")


def test_a_real_looking_file_becomes_its_settings() -> None:
    config, problems = read(SHIPPED)
    assert problems == []
    assert config is not None
    critical, payments = config.route.routes
    assert critical.matchers == (Matcher("severity", MatchKind.EQUAL, "critical"),)
    assert critical.continues
    assert (critical.group_wait_ns, payments.group_wait_ns) == (10 * NS_PER_S, None)
    assert payments.mute_time_intervals == ("nights and weekends",)
    tells = {
        one.name: [each.send_resolved for each in one.integrations] for one in config.receivers
    }
    assert tells == {"platform-slack": [True], "payments-slack": [False], "on-call": [True]}
    assert config.inhibit_rules[0].equal == ("destination_service_name",)


def test_old_and_new_matchers_go_together(tmp_path: Path) -> None:
    text = (
        "route:\n  receiver: a\n  routes:\n"
        "  - {match: {x: 1}, match_re: {y: 'p|q'}, matchers: ['z != \"r\"', 'w=v']}\n"
        "receivers: [{name: a}]\n"
    )
    config, problems = read_text(tmp_path, text)
    assert problems == []
    assert config is not None
    assert [(one.name, one.kind.value, one.value) for one in config.route.routes[0].matchers] == [
        ("x", "=", "1"), ("y", "=~", "p|q"), ("z", "!=", "r"), ("w", "=", "v"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("rout: {}\n" + SMALL, "am.yml:1:", "did you mean 'route'?"),
        ("receivers: [{name: a}]", "am.yml:1:", "route: this required field is missing"),
        (SMALL.replace("receiver: a", "receiver: b"), "am.yml:1:", "there is no receiver 'b'"),
        (SMALL.replace("a}\n", "a, group_wait: 5}\n", 1), "am.yml:1:", "needs a unit"),
        (SMALL.replace("a}\n", "a, routes: [{matchers: [',,']}]}\n", 1), "am.yml:1:", "no matcher"),
        (
            SMALL.replace("a}\n", "a, routes: [{matchers: ['foo=bar}']}]}\n", 1),
            "am.yml:1:",
            "closes a brace",
        ),
        (
            SMALL.replace("a}\n", "a, routes: [{mute_time_intervals: [night]}]}\n", 1),
            "am.yml:1:",
            "there is no time interval 'night'",
        ),
        (SMALL.replace("a}\n", "a, matchers: ['x=y']}\n", 1), "am.yml:1:", "top route"),
        (SMALL.replace("{name: a}", "{name: a, slak_configs: []}"), "am.yml:2:", "slack_configs"),
        (
            SMALL + "time_intervals: [{name: n, time_intervals: [{weekdays: [mnday]}]}]",
            "am.yml:3:",
            "did you mean 'monday'?",
        ),
        (
            SMALL + "time_intervals: [{name: n, time_intervals: [{location: Berlin}]}]",
            "am.yml:3:",
            "no time zone",
        ),
        (
            SMALL + "time_intervals: [{name: n, time_intervals: [{days_of_month: ['5:2']}]}]",
            "am.yml:3:",
            "ends before it begins",
        ),
    ],
)
def test_what_is_wrong_is_located(tmp_path: Path, text: str, place: str, words: str) -> None:
    config, problems = read_text(tmp_path, text)
    assert config is None
    assert any(one.startswith(str(tmp_path / place)) and words in one for one in problems), problems


def test_times_of_a_named_interval(tmp_path: Path) -> None:
    text = SMALL + (
        "time_intervals:\n- name: n\n  time_intervals:\n"
        "  - {times: [{start_time: '09:00', end_time: '17:30'}], weekdays: ['monday:friday'],"
        " days_of_month: ['1:5', '-3:-1'], months: ['january:march', '12'], years: ['2020:2030']}\n"
    )
    config, problems = read_text(tmp_path, text)
    assert problems == []
    assert config is not None
    (interval,) = config.time_intervals[0].intervals
    assert interval.times == ((540, 1050),)
    assert interval.weekdays == ((1, 5),)
    assert interval.days_of_month == ((1, 5), (-3, -1))
    assert interval.months == ((1, 3), (12, 12))
    assert interval.years == ((2020, 2030),)


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"])
def test_a_location_is_the_zone_it_names(name: str) -> None:
    zone, location = ZoneInfo(name), location_of(ZoneInfo(name))
    for at_s in (0, 1_774_746_000, 1_774_745_999, 1_792_918_800, 2_000_000_000):
        offset = datetime.fromtimestamp(at_s, UTC).astimezone(zone).utcoffset()
        assert offset is not None
        assert location.local_s(at_s) - at_s == offset.total_seconds()


def test_the_default_of_the_resolve_timeout_is_five_minutes(tmp_path: Path) -> None:
    config, _ = read_text(tmp_path, SMALL)
    assert config is not None
    assert config.resolve_timeout_ns == 5 * NS_PER_MINUTE
