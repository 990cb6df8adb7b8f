"""How much of something several faults take together."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.faults.exhaustion import Exhaustion, Resource, taken_of
from models.faults.selector import Selector


@pytest.mark.parametrize(
    ("whole", "shares", "taken"),
    [
        (10, (), 0),
        (10, (0.1,), 1),
        (10, (0.11,), 2),
        (10, (0.3, 0.4), 7),
        (10, (0.5, 0.5), 10),
        (10, (0.7, 0.7), 10),
        (3, (0.5,), 2),
        (1, (0.01,), 1),
        (0, (1.0,), 0),
    ],
)
def test_shares_add_up_round_up_and_stop_at_all_of_it(whole, shares, taken):
    assert taken_of(whole, shares) == taken


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.integers(0, 10**9), st.lists(st.floats(0, 1), max_size=4))
def test_more_shares_never_take_less_and_never_more_than_there_is(whole, shares):
    taken = [taken_of(whole, shares[:count]) for count in range(len(shares) + 1)]
    assert taken == sorted(taken)
    assert 0 <= taken[-1] <= whole


def test_it_says_of_what_and_whose():
    kind = Exhaustion(Selector(service="cart"), Resource.MEMORY, 0.5)
    assert kind.where == "of memory of service cart"
