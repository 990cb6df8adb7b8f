"""State machines as tables: where an event leads, and what happens when it may not occur."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeAlias, TypeVar

from models.base.errors import SimulationError

StateT = TypeVar("StateT", bound=Enum)
EventT = TypeVar("EventT", bound=Enum)
Table: TypeAlias = Mapping[tuple[StateT, EventT], StateT]


def next_state(table: Table[StateT, EventT], state: StateT, event: EventT) -> StateT:
    """State that ``event`` leads to from ``state``.

    Raises:
        SimulationError: the table has no such move; nothing has changed.
    """
    target = table.get((state, event))
    if target is None:
        raise SimulationError(f"'{event.value}' cannot happen in state '{state.value}'")
    return target
