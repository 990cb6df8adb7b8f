"""What an exporter shows of the facts of a page."""

from models.telemetry.labels import series_text
from models.telemetry.presenting.bounds import Spread
from models.telemetry.presenting.presentation import (
    Fact,
    Presentation,
    PresentedMetric,
    Shape,
    Target,
    bounds_of,
    present,
)


def shown(metric: PresentedMetric, *facts: Fact) -> dict[str, float]:
    presentation = Presentation("one", Target.INSTANCE, (metric,))
    samples = present(presentation, facts, {"service": "shop"})
    return {series_text(sample.labels): sample.value for sample in samples}


def test_facts_that_end_with_the_same_labels_are_added_up() -> None:
    metric = PresentedMetric("m", Shape.COUNTER, "n", labels=(("class", "{code_class}"),))
    facts = [
        Fact("n", {"code_class": "5xx", "code": "500"}, 2),
        Fact("n", {"code_class": "5xx", "code": "503"}, 3),
        Fact("n", {"code_class": "2xx", "code": "200"}, 7),
    ]
    assert shown(metric, *facts) == {'m{class="5xx"}': 5, 'm{class="2xx"}': 7}


def test_only_facts_with_the_words_asked_for_count() -> None:
    metric = PresentedMetric("m", Shape.COUNTER, "n", where=(("code", "500"),))
    assert shown(metric, Fact("n", {"code": "500"}, 2), Fact("n", {"code": "200"}, 9)) == {"m": 2}


def test_words_of_the_page_stand_in_for_those_a_fact_lacks() -> None:
    metric = PresentedMetric("m", Shape.GAUGE, "n", labels=(("to", "{service}-{caller}"),))
    assert shown(metric, Fact("n", {"caller": "web"}, 1)) == {'m{to="shop-web"}': 1}


def test_a_constant_needs_no_fact() -> None:
    assert shown(PresentedMetric("live", Shape.GAUGE, value=1)) == {"live": 1}


def test_a_histogram_shows_cumulative_buckets_sum_and_count_in_its_own_unit() -> None:
    metric = PresentedMetric("d", Shape.HISTOGRAM, "t", scale=1000, bounds=(100, 500))
    fact = Fact("t", {}, spread=Spread((0.1, 0.2, 0.5), (3, 1, 1, 2), 4.25))
    assert shown(metric, fact) == {
        'd_bucket{le="100.0"}': 3,
        'd_bucket{le="500.0"}': 5,
        'd_bucket{le="+Inf"}': 7,
        "d_sum": 4250,
        "d_count": 7,
    }


def test_durations_are_counted_at_the_bounds_of_every_histogram() -> None:
    one = PresentedMetric("a", Shape.HISTOGRAM, "t", scale=1000, bounds=(100, 500))
    two = PresentedMetric("b", Shape.HISTOGRAM, "t", bounds=(0.25, 0.5))
    assert bounds_of([Presentation("p", Target.INSTANCE, (one, two))]) == (0.1, 0.25, 0.5)
