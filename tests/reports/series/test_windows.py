"""Windows of arrival: lengths, rates, nearest-rank percentiles, gaps."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.outcome import RequestOutcome
from models.records.manifest import Phase
from reports.series.windows import (
    WINDOWS_MAX,
    grouped_percentiles,
    nearest_rank,
    traffic,
    window_length,
)
from tests.reports.small_run import END, MANIFEST, MS, S, request, small_run

WINDOW = 2 * S  # 420 s in at most 400 round windows


@pytest.mark.parametrize(
    ("span_ns", "length_ns"),
    [
        (0, 100 * MS),
        (40 * S, 100 * MS),
        (40 * S + 1, 200 * MS),
        (400 * S, S),
        (400 * S + 1, 2 * S),
        (30 * 24 * 3600 * S, 2 * 3600 * S),
    ],
)
def test_windows_have_the_shortest_round_length_that_suffices(span_ns, length_ns):
    assert window_length(span_ns) == length_ns


def test_even_a_very_long_run_keeps_to_the_bound():
    span_ns = 5000 * 24 * 3600 * S
    assert span_ns / window_length(span_ns) <= WINDOWS_MAX


def test_a_request_counts_where_it_arrived():
    seen = traffic(small_run(requests=[request(0, 2 * WINDOW, duration_ns=60 * S)]))
    assert seen.window_ns == WINDOW
    assert np.flatnonzero(seen.offered_per_s).tolist() == [2]
    assert seen.offered_per_s[2] == 0.5


def test_the_last_instant_of_a_window_still_belongs_to_it():
    seen = traffic(small_run(requests=[request(0, WINDOW - 1), request(1, WINDOW)]))
    assert seen.offered_per_s[:3].tolist() == [0.5, 0.5, 0.0]


def test_an_arrival_at_the_very_end_belongs_to_the_last_window():
    seen = traffic(small_run(requests=[request(0, END)]))
    assert len(seen.starts_ns) == END // WINDOW
    assert seen.offered_per_s[-1] == 0.5


def test_a_window_cut_short_by_the_end_counts_the_time_it_had():
    manifest = replace(MANIFEST, phases=(Phase("measure", 0, 401 * S),))
    seen = traffic(small_run(manifest=manifest, requests=[request(0, 400 * S)]))
    assert (seen.window_ns, len(seen.starts_ns)) == (2 * S, 201)
    assert seen.offered_per_s[-1] == 1.0


def test_only_completed_requests_have_a_latency():
    rows = [
        request(0, 0, duration_ns=10 * MS),
        request(1, 1, RequestOutcome.FAILED, duration_ns=900 * MS),
    ]
    seen = traffic(small_run(requests=rows))
    assert seen.latency_ns[99][0] == 10 * MS
    assert seen.goodput_per_s[0] == 0.5
    assert seen.outcome_ratio[RequestOutcome.FAILED][0] == 0.5


def test_a_window_without_requests_is_a_gap_and_not_a_zero():
    seen = traffic(small_run(requests=[request(0, 0)]))
    assert np.isnan(seen.latency_ns[50][1])
    assert np.isnan(seen.outcome_ratio[RequestOutcome.FAILED][1])
    assert seen.offered_per_s[1] == 0.0


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1000)), max_size=60),
    st.sampled_from([1, 50, 90, 99, 100]),
)
def test_grouped_percentiles_are_nearest_rank_of_every_group(pairs, percent):
    group = np.array([g for g, _ in pairs], dtype=np.int64)
    values = np.array([v for _, v in pairs], dtype=np.int64)
    found = grouped_percentiles(group, values, 5, (percent,))[percent]
    for g in range(5):
        mine = sorted(v for h, v in pairs if h == g)
        if not mine:
            assert np.isnan(found[g])
            continue
        smallest = next(v for v in mine if 100 * sum(w <= v for w in mine) >= percent * len(mine))
        assert found[g] == smallest == nearest_rank(mine, percent)


def test_a_percentile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing"):
        nearest_rank([], 50)
