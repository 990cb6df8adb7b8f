"""The table of a proxy's states in the eyes of the control plane."""

from itertools import product

import pytest

from models.base.errors import SimulationError
from models.traffic.mesh.messages import Ack, Nack, ProxyId, Push, Version
from models.traffic.mesh.session import TRANSITIONS, ProxyState, Session, SessionSignal

WEB = ProxyId("web-0")
V1, V2 = Version(1, 1), Version(1, 2)


def session() -> Session:
    return Session(Push(WEB, 2, 5, V2, ()), "web")


@pytest.mark.parametrize(("state", "signal"), tuple(product(ProxyState, SessionSignal)))
def test_only_the_moves_of_the_table_are_made(state: ProxyState, signal: SessionSignal) -> None:
    known = session()
    known.state = state
    following = TRANSITIONS.get((state, signal))
    if following is None:
        with pytest.raises(SimulationError):
            known.move(signal)
        assert known.state is state
    else:
        known.move(signal)
        assert known.state is following


def test_a_push_is_possible_in_every_state() -> None:
    assert all((state, SessionSignal.PUSHED) in TRANSITIONS for state in ProxyState)


@pytest.mark.parametrize(
    ("answer", "is_awaited"),
    [
        (Ack(WEB, 2, 5, V2), True),
        (Ack(WEB, 1, 5, V2), False),
        (Ack(WEB, 3, 5, V2), False),
        (Ack(WEB, 2, 4, V2), False),
        (Ack(WEB, 2, 5, V1), False),
        (Nack(WEB, 2, 5, V1, V2, ""), True),
        (Nack(WEB, 2, 5, V2, V1, ""), False),
    ],
)
def test_only_the_answer_to_the_newest_push_is_awaited(
    answer: Ack | Nack, is_awaited: bool
) -> None:
    assert session().awaits(answer) is is_awaited


@pytest.mark.parametrize(
    ("state", "is_awaited"),
    [
        (ProxyState.AWAITING, True),
        (ProxyState.SILENT, True),
        (ProxyState.CURRENT, False),
        (ProxyState.REFUSING, False),
    ],
)
def test_an_answer_is_news_once(state: ProxyState, is_awaited: bool) -> None:
    known = session()
    known.state = state
    assert known.awaits(Ack(WEB, 2, 5, V2)) is is_awaited
