"""What the control plane knows about one proxy, and how that may change."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from models.base.errors import SimulationError
from models.base.time import DurationNs, TimeNs
from models.traffic.mesh.messages import NO_VERSION, Ack, Nack, ProxyId, Push, Version


class ProxyState(StrEnum):
    """Where a proxy stands with the newest version, as far as the control plane knows.

    ``AWAITING``: it was sent and not answered. ``CURRENT``: the proxy runs it. ``REFUSING``: the
    proxy does not want it and runs an older one. ``SILENT``: it was sent often enough without an
    answer, and is sent again only once the proxy says something.
    """

    AWAITING = "awaiting"
    CURRENT = "current"
    REFUSING = "refusing"
    SILENT = "silent"


class SessionSignal(StrEnum):
    """What moves a proxy from one state to another."""

    PUSHED = "pushed"
    ACKED = "acked"
    NACKED = "nacked"
    GIVEN_UP = "given_up"


TRANSITIONS: Mapping[tuple[ProxyState, SessionSignal], ProxyState] = MappingProxyType(
    {
        (ProxyState.AWAITING, SessionSignal.PUSHED): ProxyState.AWAITING,
        (ProxyState.AWAITING, SessionSignal.ACKED): ProxyState.CURRENT,
        (ProxyState.AWAITING, SessionSignal.NACKED): ProxyState.REFUSING,
        (ProxyState.AWAITING, SessionSignal.GIVEN_UP): ProxyState.SILENT,
        (ProxyState.CURRENT, SessionSignal.PUSHED): ProxyState.AWAITING,
        (ProxyState.REFUSING, SessionSignal.PUSHED): ProxyState.AWAITING,
        (ProxyState.SILENT, SessionSignal.PUSHED): ProxyState.AWAITING,
        (ProxyState.SILENT, SessionSignal.ACKED): ProxyState.CURRENT,
        (ProxyState.SILENT, SessionSignal.NACKED): ProxyState.REFUSING,
    }
)


class Session:
    """One life of one proxy in the eyes of the control plane.

    ``push`` is the newest one made for it, ``tries`` how often that was sent, ``due`` when it is
    to be sent again (None: not by itself). ``accepted`` is the last version that the proxy is
    known to run, ``detail`` why it refuses the newest, ``backoff_ns`` the last back-off.
    """

    __slots__ = (
        "accepted", "backoff_ns", "detail", "due", "life", "proxy", "push", "service", "state",
        "tries",
    )  # fmt: skip

    def __init__(self, push: Push, service: str, accepted: Version = NO_VERSION) -> None:
        self.proxy: ProxyId = push.proxy
        self.service = service
        self.life = push.life
        self.accepted = accepted
        self.detail = ""
        self.due: TimeNs | None = None
        self.push = push
        self.tries = 0
        self.backoff_ns: DurationNs = 0
        self.state = ProxyState.AWAITING

    @property
    def is_waiting(self) -> bool:
        """Whether an answer to the newest push would still be news."""
        return self.state in (ProxyState.AWAITING, ProxyState.SILENT)

    def awaits(self, answer: Ack | Nack) -> bool:
        """Whether this is the answer to the newest push, and the first."""
        judged = answer.version if isinstance(answer, Ack) else answer.refused
        newest = self.push
        return self.is_waiting and (answer.life, answer.nonce, judged) == (
            newest.life,
            newest.nonce,
            newest.version,
        )

    def move(self, signal: SessionSignal) -> None:
        """Change the state as the table says.

        Raises:
            SimulationError: the table has no such move; nothing has changed.
        """
        state = TRANSITIONS.get((self.state, signal))
        if state is None:
            raise SimulationError(
                f"proxy '{self.proxy}' cannot be {signal.value} while {self.state.value}"
            )
        self.state = state
