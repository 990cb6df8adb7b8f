"""The life of one alert instance as a table of moves.

``inactive`` is an instance the rule does not know. Pending is true but too young, firing true
long enough, resolved no longer true but still remembered so that the news can be sent again.

Source: semantics 3.2; prometheus rules/alerting.go (Eval).
"""

from enum import Enum

from models.base.errors import SimulationError


class AlertState(Enum):
    """Where an alert instance is in its life."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class Stimulus(Enum):
    """What moves an instance, always at an evaluation of its rule."""

    APPEARED = "appeared"  # the result has it, and it was not active
    HELD = "held"  # it has been in the result for at least `for`
    GONE = "gone"  # the result lacks it, and nothing keeps it firing
    TOO_YOUNG = "too young"  # `for` was lengthened beyond its age
    FORGOTTEN = "forgotten"  # resolved for longer than the retention


TRANSITIONS = {
    (AlertState.INACTIVE, Stimulus.APPEARED): AlertState.PENDING,
    (AlertState.PENDING, Stimulus.HELD): AlertState.FIRING,
    (AlertState.PENDING, Stimulus.GONE): AlertState.INACTIVE,
    (AlertState.FIRING, Stimulus.GONE): AlertState.RESOLVED,
    (AlertState.FIRING, Stimulus.TOO_YOUNG): AlertState.PENDING,
    (AlertState.RESOLVED, Stimulus.APPEARED): AlertState.PENDING,
    (AlertState.RESOLVED, Stimulus.FORGOTTEN): AlertState.INACTIVE,
}


def moved(state: AlertState, stimulus: Stimulus) -> AlertState:
    """The state after a stimulus.

    Raises:
        SimulationError: the table has no such move.
    """
    try:
        return TRANSITIONS[state, stimulus]
    except KeyError:
        message = f"an alert that is {state.value} cannot take '{stimulus.value}'"
        raise SimulationError(message) from None
