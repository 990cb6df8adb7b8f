"""The table of moves of an alert instance, legal and illegal."""

from itertools import product

import pytest

from models.alerting.alert_state import TRANSITIONS, AlertState, Stimulus, moved
from models.base.errors import SimulationError

ILLEGAL = sorted(set(product(AlertState, Stimulus)) - TRANSITIONS.keys(), key=str)


@pytest.mark.parametrize(("state", "stimulus"), TRANSITIONS)
def test_a_legal_move_ends_where_the_table_says(state, stimulus):
    assert moved(state, stimulus) is TRANSITIONS[state, stimulus]


@pytest.mark.parametrize(("state", "stimulus"), ILLEGAL)
def test_an_illegal_move_is_refused(state, stimulus):
    with pytest.raises(SimulationError, match=stimulus.value):
        moved(state, stimulus)


def test_only_pending_becomes_firing_and_only_firing_resolves():
    into = {state: {before for (before, _), after in TRANSITIONS.items() if after is state}
            for state in AlertState}  # fmt: skip
    assert into[AlertState.FIRING] == {AlertState.PENDING}
    assert into[AlertState.RESOLVED] == {AlertState.FIRING}


def test_every_state_can_be_left_and_reached():
    assert {before for before, _ in TRANSITIONS} == set(AlertState)
    assert set(TRANSITIONS.values()) == set(AlertState)
