"""Key figures by name."""

import pytest

from reports.figures.catalogue import UnknownFigureError, figure, figure_names
from tests.reports.sample_run import capacity_run, cost_run
from tests.reports.small_run import fault, request, small_run


def test_a_run_has_the_figures_that_say_something_about_it():
    assert figure_names(small_run()) == ("load-latency", "errors")
    assert figure_names(cost_run()) == ("load-latency", "errors", "cost")
    assert "capacity" in figure_names(capacity_run())


@pytest.mark.parametrize("name", ["load-latency", "errors", "capacity", "cost"])
def test_every_figure_can_be_drawn_of_an_empty_run(name):
    assert figure(small_run(), name).png().startswith(b"\x89PNG")


def test_load_and_latency_share_their_time_axis_and_show_the_fault():
    record = small_run(requests=[request(0, 1)], events=fault(10, None, label="zone b"))
    top, bottom = figure(record, "load-latency").axes
    assert top.get_shared_x_axes().joined(top, bottom)
    assert "zone b" in [text.get_text() for text in top.texts]


def test_the_knee_is_drawn_beside_the_steps():
    goodput, p99 = figure(capacity_run(), "capacity").axes
    assert (goodput.get_title(loc="left"), p99.get_title(loc="left")) == ("Goodput", "p99")
    assert len(goodput.lines) == 5


def test_a_bar_per_service():
    (axes,) = figure(cost_run(), "cost").axes
    assert len(axes.get_yticklabels()) == 10


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(UnknownFigureError, match="load-latency, errors, capacity, cost"):
        figure(small_run(), "latency")
