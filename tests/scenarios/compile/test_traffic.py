import pytest

from models.base.time import NS_PER_S
from models.service.traffic import MixEntry, RateProfile
from tests.scenarios.edited import ARRIVALS, load_edited, messages

MINUTE = 60 * NS_PER_S


def profile(directory, arrivals):
    return load_edited(directory, (ARRIVALS, arrivals)).blueprint.sources[0].profile


def test_a_rate_holds_from_the_start_of_the_run(tmp_path):
    assert profile(tmp_path, "{rate: 30/m}") == RateProfile((0,), (0.5,))


def test_steps_count_from_the_start_of_measure_and_warm_up_has_the_first_rate(tmp_path):
    stairs = profile(tmp_path, "{steps: [{rate: 1/s, for: 1m}, {rate: 2/s}]}")
    assert stairs == RateProfile((0, 90 * NS_PER_S), (1.0, 2.0))


def test_steps_that_end_with_measure_fit_and_a_nanosecond_less_does_not(tmp_path):
    steps = "{steps: [{rate: 1/s, for: 1m}, {rate: 2/s, for: %s}]}"
    assert len(profile(tmp_path, steps % "1m").starts_ns) == 2
    assert "the steps last 1m59s999ms999us999ns" in "".join(
        messages(tmp_path, (ARRIVALS, steps % "59s999ms999us999ns"))
    )


def test_a_step_may_begin_just_before_the_end_of_measure_but_not_at_it(tmp_path):
    steps = "{steps: [{rate: 1/s, for: %s}, {rate: 2/s}]}"
    assert messages(tmp_path, (ARRIVALS, steps % "1m59s999ms")) == []
    assert len(messages(tmp_path, (ARRIVALS, steps % "2m"))) == 1


def test_without_a_mix_the_only_endpoint_gets_everything(tmp_path):
    loaded = load_edited(tmp_path, ("    mix: {GET /product: 100%}\n", ""))
    assert loaded.blueprint.sources[0].mix == (MixEntry("GET /product", 1.0),)


def test_without_a_mix_several_endpoints_are_an_error(tmp_path):
    problems = messages(
        tmp_path,
        ("    mix: {GET /product: 100%}\n", ""),
        ("      GET /product:", "      GET /: {work: 1ms}\n      GET /product:"),
    )
    assert problems == [
        "scenario.yaml:46:3: traffic.shoppers: 'frontend' has 2 endpoints, so a 'mix' is needed"
    ]


@pytest.mark.parametrize("share", ["33.333333%", "33.33333334%"])
def test_a_mix_that_misses_a_hundred_by_more_than_rounding_is_an_error(tmp_path, share):
    mix = f"{{GET /product: 33.33333333%, GET /a: 33.33333333%, GET /b: {share}}}"
    problems = messages(
        tmp_path,
        ("{GET /product: 100%}", mix),
        (
            "      GET /product:",
            "      GET /a: {work: 0}\n      GET /b: {work: 0}\n      GET /product:",
        ),
    )
    assert bool(problems) is (share == "33.333333%")


def test_an_endpoint_with_no_share_is_left_out(tmp_path):
    loaded = load_edited(
        tmp_path,
        ("{GET /product: 100%}", "{GET /product: 100%, GET /: 0}"),
        ("      GET /product:", "      GET /: {work: 1ms}\n      GET /product:"),
    )
    assert [entry.endpoint for entry in loaded.blueprint.sources[0].mix] == ["GET /product"]


def test_a_source_may_sit_in_a_zone(tmp_path):
    assert load_edited(tmp_path).blueprint.sources[0].zone == ""
    zoned = load_edited(tmp_path, ("    to: frontend", "    to: frontend\n    zone: b"))
    assert zoned.blueprint.sources[0].zone == "b"
