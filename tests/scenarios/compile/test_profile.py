"""A profile's rate is value / per x scale, from `from`, `speed` times faster than recorded."""

from pathlib import Path

import pytest

from models.base.time import NS_PER_S
from models.service.traffic import RateProfile
from scenarios.load import load
from tests.scenarios.edited import ARRIVALS, TWO_TIER, load_edited, messages, write_edited

REAL_TRACE = Path(__file__).parents[4] / "shared" / "data" / "nab" / "elb_request_count_8c0756.csv"
ROWS = ("18:00:00,60", "18:01:00,120", "18:02:00,30", "18:03:00,0", "18:04:00,600")


def csv(directory, *rows, header="timestamp,value", name="load.csv"):
    lines = [header, *(f"2026-03-02 {row}" for row in rows)]
    (directory / name).write_text("\n".join(lines) + "\n")


def profile(directory, arrivals):
    return load_edited(directory, (ARRIVALS, arrivals)).blueprint.sources[0].profile


def test_each_row_holds_until_the_next_one_and_the_run_ends_before_the_last(tmp_path):
    csv(tmp_path, *ROWS)
    assert profile(tmp_path, "{profile: load.csv, per: 1m}") == RateProfile(
        (0, 60 * NS_PER_S, 120 * NS_PER_S, 180 * NS_PER_S), (1.0, 2.0, 0.5, 0.0)
    )


def test_scale_multiplies_and_per_divides(tmp_path):
    csv(tmp_path, *ROWS)
    assert profile(tmp_path, "{profile: load.csv, per: 2m, scale: 10}").rates_per_s[0] == 5.0


def test_speed_shortens_time_and_leaves_rates(tmp_path):
    csv(tmp_path, *ROWS)
    slow = profile(tmp_path, "{profile: load.csv, per: 1m, speed: 0.5}")
    assert slow == RateProfile((0, 120 * NS_PER_S), (1.0, 2.0))


def test_playing_may_begin_inside_a_row(tmp_path):
    csv(tmp_path, *ROWS, "18:05:00,60")
    started = profile(tmp_path, "{profile: load.csv, per: 1m, from: 2026-03-02T18:00:30}")
    assert started.starts_ns[:2] == (0, 30 * NS_PER_S)
    assert started.rates_per_s[:2] == (1.0, 2.0)


def test_the_last_row_lasts_as_long_as_per_says(tmp_path):
    csv(tmp_path, *ROWS[:4])
    assert messages(tmp_path, (ARRIVALS, "{profile: load.csv, per: 1m}")) == []
    assert messages(tmp_path, (ARRIVALS, "{profile: load.csv, per: 59s999ms}")) == [
        "scenario.yaml:48:25: traffic.shoppers.arrivals.profile:"
        " the profile lasts 3m59s from here at this speed, but the run takes 4m"
    ]


def test_from_may_be_the_first_row_but_not_earlier(tmp_path):
    csv(tmp_path, *ROWS)
    arrivals = "{profile: load.csv, per: 1m, from: 2026-03-02T%s}"
    assert messages(tmp_path, (ARRIVALS, arrivals % "18:00:00")) == []
    assert messages(tmp_path, (ARRIVALS, arrivals % "17:59:59")) == [
        "scenario.yaml:48:50: traffic.shoppers.arrivals.from: the profile begins later than this"
    ]


def test_a_time_zone_in_the_file_counts(tmp_path):
    (tmp_path / "load.csv").write_text(
        "timestamp,value\n2026-03-02T19:00:00+01:00,60\n2026-03-02T18:01:00Z,120\n"
    )
    started = profile(tmp_path, "{profile: load.csv, per: 10m, from: 2026-03-02T18:00}")
    assert started.starts_ns == (0, 60 * NS_PER_S)


def test_columns_are_found_by_name_whatever_their_order(tmp_path):
    csv(tmp_path, header="when, requests")
    (tmp_path / "load.csv").write_text("requests,when\n60,2026-03-02\n")
    arrivals = "{profile: load.csv, per: 1h, column: requests, time_column: when}"
    assert profile(tmp_path, arrivals).rates_per_s == (60 / 3600,)


def test_a_missing_column_is_named_with_those_there_are(tmp_path):
    csv(tmp_path, *ROWS)
    assert messages(tmp_path, (ARRIVALS, "{profile: load.csv, per: 1m, column: valu}")) == [
        "load.csv:1:1: unknown column 'valu', did you mean 'value'?"
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("18:01:00,many", "'many' is not a number"),
        ("18:01:00,nan", "'nan' is not a count; it must be 0 or more"),
        ("18:01:00,inf", "'inf' is not a count; it must be 0 or more"),
        ("18:01:00,-1", "'-1' is not a count; it must be 0 or more"),
        ("18:01:00", "the row has 1 cells, it needs 2"),
        ("18:00:00,1", "times must ascend from row to row"),
        ("25:00:00,1", "'2026-03-02 25:00:00' is not a time: hour must be in 0..23"),
        ("six,1", "'2026-03-02 six' is not a time; write 2026-03-02T18:00:00Z"),
    ],
)
def test_a_bad_row_is_reported_with_its_line(tmp_path, row, message):
    csv(tmp_path, "18:00:00,60", row, "18:10:00,1")
    assert messages(tmp_path, (ARRIVALS, "{profile: load.csv, per: 1m}")) == [
        f"load.csv:3:1: {message}"
    ]


def test_no_more_than_ten_bad_rows_are_reported(tmp_path):
    csv(tmp_path, *(f"18:{minute}:00,x" for minute in range(10, 40)))
    assert len(messages(tmp_path, (ARRIVALS, "{profile: load.csv, per: 1m}"))) == 10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "unknown column 'timestamp' (there are none)"),
        (b"timestamp,value\n", "the file has no rows"),
        (b"\xff\xfe", "the file is not UTF-8"),
    ],
)
def test_a_file_that_is_no_profile_is_refused(tmp_path, content, message):
    (tmp_path / "load.csv").write_bytes(content)
    shown = messages(tmp_path, (ARRIVALS, "{profile: load.csv, per: 1m}"))
    assert shown[0] == f"load.csv:1:1: {message}"


def test_an_absurd_rate_is_refused(tmp_path):
    csv(tmp_path, *ROWS)
    shown = messages(tmp_path, (ARRIVALS, "{profile: load.csv, per: 1m, scale: 1e8}"))
    assert shown == [
        "scenario.yaml:48:5: traffic.shoppers.arrivals: the rate reaches 2e+08/s;"
        " check per and scale"
    ]


@pytest.mark.realdata
def test_an_afternoon_of_the_real_trace_takes_the_place_of_the_rate():
    if not REAL_TRACE.exists():
        pytest.skip("the measured load-balancer trace is not beside the repository")
    values = f'{{profile: "{REAL_TRACE}", per: 5m, from: 2014-04-13T12:00, speed: 60, scale: 400}}'
    loaded = load(TWO_TIER, [f"traffic.shoppers.arrivals={values}"])
    played = loaded.blueprint.sources[0].profile
    assert played.starts_ns[:3] == (0, 4 * NS_PER_S, 9 * NS_PER_S)
    assert played.rates_per_s[0] == 30.0 * 400 / 300
    assert [name for name in loaded.files if name.startswith("set/")] == [
        "set/elb_request_count_8c0756.csv"
    ]


def test_a_profile_is_relative_to_the_scenario_and_in_set_to_the_working_directory(
    tmp_path, monkeypatch
):
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    csv(home, "18:00:00,60")
    csv(elsewhere, "18:00:00,120")
    monkeypatch.chdir(elsewhere)
    path = write_edited(home, (ARRIVALS, "{profile: load.csv, per: 1h}"))
    in_file = load(path).blueprint.sources[0].profile
    in_set = load(path, ["traffic.shoppers.arrivals.profile=load.csv"]).blueprint.sources[0].profile
    assert in_set.rates_per_s[0] == 2 * in_file.rates_per_s[0]
