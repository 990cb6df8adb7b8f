"""Shapes of load as written: what they become, and what is refused."""

import math

import pytest

from models.base.distributions import Deterministic, Exponential, Gamma
from models.base.keys import KeyLaw
from models.base.time import NS_PER_MS, NS_PER_S
from models.service.arrivals import BurstArrivals, BurstState, RenewalArrivals, TimedArrivals
from models.service.traffic import KeySpec, MixEntry, RateProfile, UserSpec
from models.traffic.shedding.priority import Criticality
from tests.scenarios.edited import ARRIVALS, load_edited, messages

WARM_UP = 30 * NS_PER_S
END = (30 + 120 + 30 + 60) * NS_PER_S


def source(directory, arrivals, *edits):
    return load_edited(directory, (ARRIVALS, arrivals), *edits).blueprint.sources[0]


def profile(directory, arrivals):
    return source(directory, arrivals).profile


def test_even_arrivals_and_gaps_are_renewals(tmp_path):
    assert profile(tmp_path, "{every: 10ms}") == RenewalArrivals(Deterministic(10 * NS_PER_MS))
    gamma = profile(tmp_path, "{gaps: {dist: gamma, mean: 10ms, shape: 4}}")
    assert gamma == RenewalArrivals(Gamma(10 * NS_PER_MS, 4.0))


def test_a_ramp_is_level_before_and_after(tmp_path):
    ramp = profile(tmp_path, "{ramp: {from: 10/s, to: 50/s, at: 10s, over: 1m}}")
    starts = (0, WARM_UP + 10 * NS_PER_S, WARM_UP + 70 * NS_PER_S)
    assert ramp == RateProfile(starts, (10.0, 10.0, 50.0), (10.0, 50.0, 50.0))


def test_a_spike_rises_and_falls_within_its_time(tmp_path):
    spike = profile(tmp_path, "{spike: {base: 10/s, peak: 90/s, at: 1m, for: 30s, rise: 5s}}")
    at = WARM_UP + 60 * NS_PER_S
    assert spike.starts_ns == (0, *(at + ahead * NS_PER_S for ahead in (0, 5, 25, 30)))
    assert spike.rates_per_s == (10.0, 10.0, 90.0, 90.0, 10.0)
    assert spike.ends == (10.0, 90.0, 90.0, 10.0, 10.0)


def test_a_spike_without_a_rise_is_a_step(tmp_path):
    spike = profile(tmp_path, "{spike: {base: 10/s, peak: 90/s, at: 0, for: 30s}}")
    assert spike.starts_ns == (0, WARM_UP, WARM_UP + 30 * NS_PER_S)
    assert spike.rates_per_s == spike.ends == (10.0, 90.0, 10.0)


@pytest.mark.parametrize("peak_at", ["0", "20s", "1m30s"])
def test_a_days_wave_is_a_sine_highest_at_its_peak(tmp_path, peak_at):
    wave = profile(
        tmp_path,
        f"{{diurnal: {{mean: 100/s, swing: 40%, period: 2m, peak_at: {peak_at}}}}}",
    )
    peak = WARM_UP + {"0": 0, "20s": 20, "1m30s": 90}[peak_at] * NS_PER_S
    period = 120 * NS_PER_S
    pieces = zip(wave.starts_ns[1:-2], wave.rates_per_s[1:-2], wave.ends[1:-2], strict=True)
    for start, first, last in pieces:
        for at, rate in ((start, first), (start + period // 96, last)):
            expected = 100.0 + 40.0 * math.cos(2 * math.pi * (at - peak) / period)
            assert rate == pytest.approx(expected, abs=1e-6)
    assert wave.starts_ns[0] == 0
    assert wave.starts_ns[-1] >= END
    assert list(wave.starts_ns) == sorted(set(wave.starts_ns))


def test_bursts_take_turns(tmp_path):
    found = profile(tmp_path, "{bursts: [{rate: 10/s, for: 30s}, {rate: 200/s, for: 2s}]}")
    assert found == BurstArrivals(
        (BurstState(10.0, 30 * NS_PER_S), BurstState(200.0, 2 * NS_PER_S))
    )


def test_the_instants_of_a_log_are_played_from_its_first_row(tmp_path):
    log = "timestamp,path\n2026-01-01 00:00:10,/\n2026-01-01 00:00:04,/\n2026-01-01 00:59:00,/\n"
    (tmp_path / "log.csv").write_text(log, encoding="utf-8")
    found = profile(tmp_path, "{instants: log.csv, speed: 2}")
    assert found == TimedArrivals((0, 3 * NS_PER_S))
    later = profile(tmp_path, "{instants: log.csv, from: '2026-01-01 00:00:05'}")
    assert later == TimedArrivals((5 * NS_PER_S,))


def test_users_who_wait_replace_arrivals(tmp_path):
    found = load_edited(
        tmp_path,
        (
            f"arrivals: {ARRIVALS}",
            "users: {count: 30, think: {dist: exponential, mean: 2s}, ramp: 10s,"
            " journey: [GET /product], rest: 5s}",
        ),
    ).blueprint.sources[0]
    assert found.users == UserSpec(
        30, Exponential(2 * NS_PER_S), 10 * NS_PER_S, (0,), Deterministic(5 * NS_PER_S)
    )


def test_requests_carry_what_is_asked_for(tmp_path):
    found = source(
        tmp_path,
        f"{ARRIVALS}\n    keys: {{count: 50, zipf: 0.9, hot: 5%}}\n"
        "    tenants: {1: 90%, 2: 10%}\n    criticality: {GET /product: sheddable}\n"
        "    patience: 2s",
    )
    assert found.keys == KeySpec(KeyLaw(50, 0.9), 0.05)
    assert found.tenants == ((1, 0.9), (2, 0.1))
    assert found.patience_ns == 2 * NS_PER_S
    assert found.mix == (MixEntry("GET /product", 1.0, int(Criticality.SHEDDABLE)),)


@pytest.mark.parametrize(
    ("arrivals", "message"),
    [
        ("{every: 500ns}", "arrivals.every: the mean gap must be at least 1us"),
        ("{gaps: {dist: pareto, scale: 1ms, shape: 0.9}}", "gaps: the mean gap must be"),
        ("{ramp: {from: 1/s, to: 2/s, at: 2m, over: 1s}}", "ramp.at: the ramp begins after the"),
        ("{spike: {base: 1/s, peak: 2/s, at: 2m, for: 1s}}", "spike.at: the spike begins after"),
        ("{spike: {base: 1/s, peak: 2/s, at: 0, for: 9s, rise: 5s}}", "spike.rise: rising and"),
        ("{bursts: [{rate: 1/s, for: 1s}]}", "arrivals.bursts: "),
        ("{instants: gone.csv}", "arrivals.instants: cannot read 'gone.csv'"),
        ("{instants: bad.csv}", "bad.csv:3: 'noon' is not a time"),
        ("{instants: bad.csv, column: when}", "unknown column 'when'"),
        ("{instants: late.csv, from: '2027-01-01'}", "no row of 'late.csv' falls into the run"),
        ("{rate: 1/s}\n    users: {count: 1, think: 1s}", "users who wait have no arrivals"),
        (
            "{rate: 1/s}\n    tenants: {1: 50%}",
            "shoppers.tenants: the shares add up to 50%",
        ),
        ("{rate: 1/s}\n    tenants: {gold: 100%}", "'gold' is not the number of a tenant"),
        ("{rate: 1/s}\n    criticality: {GET /nil: critical}", "no endpoint 'GET /nil'"),
        ("{rate: 1/s}\n    criticality: {GET /product: vital}", "criticality"),
    ],
)
def test_loads_that_make_no_sense_are_refused_where_they_stand(tmp_path, arrivals, message):
    (tmp_path / "bad.csv").write_text("timestamp\n2026-01-01\nnoon\n", encoding="utf-8")
    (tmp_path / "late.csv").write_text("timestamp\n2026-01-01\n", encoding="utf-8")
    shown = messages(tmp_path, (ARRIVALS, arrivals))
    assert len(shown) == 1, shown
    assert message in shown[0]


def test_a_source_needs_load_of_one_kind(tmp_path):
    shown = messages(tmp_path, (f"    arrivals: {ARRIVALS}\n", ""))
    assert len(shown) == 1
    assert "this needs 'arrivals', or 'users' who wait for answers" in shown[0]


def test_a_journey_leads_through_the_mix(tmp_path):
    shown = messages(
        tmp_path,
        (f"arrivals: {ARRIVALS}", "users: {count: 1, think: 1s, journey: [GET /prodct]}"),
    )
    assert len(shown) == 1
    assert "users.journey[0]: unknown endpoint in the mix 'GET /prodct'" in shown[0]


def test_a_load_that_no_budget_could_carry_is_refused_before_the_run(tmp_path):
    (shown,) = messages(tmp_path, (ARRIVALS, "{rate: 1000000000/s}"))
    assert "traffic.shoppers.arrivals: about 240,000,000,000 requests in a run of 240 s" in shown
    assert "'limits.events' is 50,000,000" in shown


def test_a_load_that_spends_its_budget_is_begun(tmp_path):
    assert messages(tmp_path, (ARRIVALS, "{rate: 2000000/s}")) == []
