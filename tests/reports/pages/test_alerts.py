"""The alert page."""

import pytest

from models.base.time import NS_PER_DAY
from reports.page import render
from reports.pages.alerts import STRIP_WIDTH, alerts_view, label_words, window_words
from tests.models.planning.test_alert_history import move, page
from tests.reports.small_run import END, S, fault, small_run

START, STOP = 100 * S, 200 * S


def run(*alerts, events=()):
    return small_run(alerts=alerts, events=[*fault(START, STOP), *events])


def test_a_strip_reaches_from_the_fault_to_the_last_alerts_end():
    view = alerts_view(run(move(START + 50 * S, "firing"), move(STOP + 100 * S, "resolved")))
    (row,) = view.faults[0].rows
    assert (row.fired_x, row.over_x) == (STRIP_WIDTH / 4, STRIP_WIDTH)
    assert view.faults[0].end_x == STRIP_WIDTH / 2


def test_an_alert_that_still_fires_reaches_to_the_end_of_the_run():
    view = alerts_view(run(move(START, "firing")))
    assert view.faults[0].scale_ns == END - START
    assert view.faults[0].rows[0].over_x == STRIP_WIDTH


def test_the_page_tells_who_was_told_and_when():
    view = alerts_view(run(move(START + S, "firing"), events=[page(START + 12 * S)]))
    assert view.faults[0].verdict == "somebody was told after 12 s"
    assert view.sentence == "1 of 1 faults reached somebody; 0 of 1 alerts that fired were false."


def test_labels_beyond_a_few_are_counted():
    view = alerts_view(run(move(START, "firing", a="1", b="2", c="3", d="4", e="5")))
    assert label_words(view.faults[0].alerts.alerts[0].episode) == "a=1, b=2, c=3, d=4 and 1 more"


def test_a_missed_fault_is_marked_in_words():
    text = render(run(move(START, "pending"), move(START + S, "inactive")))
    assert "✗ missed: nobody was told" in text


def test_empty_states_are_said():
    assert "Nobody watches this platform" in render(small_run())
    assert "No page was sent" in render(run(move(START, "pending")))


def test_hostile_names_stay_text():
    text = render(run(move(START, "firing", alert="<script>x</script>", a='"><b>')))
    assert "<script>x" not in text
    assert "<b>" not in text.split('id="alerts"')[1].split("</section>")[0]


@pytest.mark.parametrize(
    ("window_ns", "words"),
    [
        (30 * NS_PER_DAY, "30 days"),
        (NS_PER_DAY, "one day"),
        (NS_PER_DAY // 2, "12 h 00 min"),
        (NS_PER_DAY * 3 // 2, "36 h 00 min"),
    ],
)
def test_the_window_of_an_objective_is_told_in_days_if_it_is_some(window_ns, words):
    assert window_words(window_ns) == words
