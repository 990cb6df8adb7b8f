"""Every state machine of the package: moves outside its table are refused."""

from enum import Enum

import pytest

from models.base.errors import SimulationError
from models.scheduling.lease import HOLDER_TRANSITIONS, HolderEvent, HolderState
from models.scheduling.scheduler import ROLE_TRANSITIONS, Role, RoleEvent
from models.scheduling.tasks import FINAL_STATUSES, TASK_TRANSITIONS, TaskEvent, TaskStatus
from models.scheduling.transitions import next_state

MACHINES = [
    (HOLDER_TRANSITIONS, HolderState, HolderEvent),
    (ROLE_TRANSITIONS, Role, RoleEvent),
    (TASK_TRANSITIONS, TaskStatus, TaskEvent),
]


@pytest.mark.parametrize(("table", "states", "events"), MACHINES)
def test_moves_outside_the_table_are_refused(
    table: dict[tuple[Enum, Enum], Enum], states: type[Enum], events: type[Enum]
) -> None:
    for state in states:
        for event in events:
            if (state, event) in table:
                assert next_state(table, state, event) is table[state, event]
            else:
                with pytest.raises(SimulationError, match="cannot happen"):
                    next_state(table, state, event)


@pytest.mark.parametrize(("table", "states", "events"), MACHINES)
def test_every_state_and_event_takes_part(
    table: dict[tuple[Enum, Enum], Enum], states: type[Enum], events: type[Enum]
) -> None:
    assert {state for state, _ in table} | set(table.values()) == set(states)
    assert {event for _, event in table} == set(events)


def test_final_statuses_are_those_a_record_knows_as_ends() -> None:
    assert {str(status) for status in FINAL_STATUSES} == {
        "succeeded",
        "failed",
        "timed_out",
        "lost",
        "fenced",
        "cancelled",
    }
