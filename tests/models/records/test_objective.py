"""The objective that an error budget is measured by."""

import pytest

from models.base.errors import ConfigError
from models.records.objective import RequestObjective


def test_the_budget_is_what_the_target_leaves():
    assert RequestObjective(0.75).budget_ratio == 0.25


@pytest.mark.parametrize(("target", "window_ns"), [(1.0, 1), (-0.1, 1), (0.9, 0)])
def test_a_target_of_all_requests_or_a_window_of_nothing_is_refused(target, window_ns):
    with pytest.raises(ConfigError):
        RequestObjective(target, window_ns)
