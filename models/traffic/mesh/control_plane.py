"""The control plane of a mesh: every proxy is to run the newest configuration.

Each proxy is sent all that concerns it, again and again until it answers, with growing pauses;
one that never answers is given up until it says something. A proxy that refuses a version is
left in peace until there is a newer one. A configuration with a flaw is never sent at all.

Source: xDS, state of the world (see :mod:`models.traffic.mesh.messages`). Where a stream over
TCP would be restored, a proxy says hello from time to time.
"""

from dataclasses import dataclass
from heapq import heappop, heappush

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.base.time import TimeNs
from models.traffic import backoff
from models.traffic.mesh.config import ControlPlaneConfig
from models.traffic.mesh.convergence import Convergence, ConvergenceLog
from models.traffic.mesh.messages import Ack, Hello, Nack, ProxyId, ProxyMessage, Push, Version
from models.traffic.mesh.policy import MeshConfig
from models.traffic.mesh.resolver import Resolver
from models.traffic.mesh.session import ProxyState, Session, SessionSignal
from models.traffic.mesh.validation import Flaw, MeshValidator

_USUAL = ControlPlaneConfig()


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a new configuration: a version and its pushes, or the flaws it has."""

    version: Version | None
    pushes: tuple[Push, ...] = ()
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class ProxySnapshot:
    """One proxy in the eyes of the control plane; see :class:`Session`."""

    proxy: ProxyId
    service: str
    life: int
    state: ProxyState
    accepted: Version
    tries: int
    detail: str


@dataclass(frozen=True, slots=True)
class ControlPlaneSnapshot:
    """A control plane for reports; proxies in the order in which they came."""

    version: Version
    proxies: tuple[ProxySnapshot, ...]
    newest: Convergence
    past: tuple[Convergence, ...]
    pushes_sent: int
    stale_messages: int


class ControlPlane:
    """Holds the proxies of all services and brings them every new configuration.

    A proxy that already runs something newer obeys a successor of this control plane and is
    left alone.

    ``generation`` (>= 1) must be higher than that of every predecessor whose memory was lost.
    ``now`` is nanoseconds on the control plane's monotonic clock. Every verb returns the pushes
    to send, in the order in which the proxies first said hello.

    Raises:
        ConfigError: the first configuration has flaws, or a number makes no sense.
    """

    __slots__ = (
        "_agenda", "_config", "_current", "_log", "_nonce", "_pushes_sent", "_resolver",
        "_sessions", "_stale", "_stream", "_validator", "_version",
    )  # fmt: skip

    def __init__(
        self,
        mesh: MeshConfig,
        stream: Stream,
        *,
        now: TimeNs,
        generation: int = 1,
        config: ControlPlaneConfig = _USUAL,
        validator: MeshValidator | None = None,
    ) -> None:
        _check(config, generation)
        self._validator = MeshValidator() if validator is None else validator
        flaws = self._validator.flaws(mesh)
        if flaws:
            raise ConfigError("; ".join(f"{flaw.where}: {flaw.message}" for flaw in flaws))
        self._config = config
        self._stream = stream
        self._resolver = Resolver(mesh)
        self._version = Version(generation, 1)
        self._sessions: dict[ProxyId, Session] = {}
        self._current = 0
        self._nonce = 0
        self._agenda: list[tuple[TimeNs, int, Session]] = []
        self._log = ConvergenceLog(self._version, past_max=config.past_max, now=now)
        self._pushes_sent = 0
        self._stale = 0

    @property
    def version(self) -> Version:
        """The newest version."""
        return self._version

    def publish(self, mesh: MeshConfig, *, now: TimeNs) -> Published:
        """Make a configuration the newest version, unless it has flaws: then nothing changes."""
        flaws = self._validator.flaws(mesh)
        if flaws:
            return Published(None, flaws=flaws)
        self._resolver = Resolver(mesh)
        self._version = Version(self._version.generation, self._version.serial + 1)
        self._log.publish(self._version, now=now)
        self._current = 0
        pushes = tuple(self._push_anew(session, now) for session in self._sessions.values())
        return Published(self._version, pushes)

    def receive(self, message: ProxyMessage, *, now: TimeNs) -> tuple[Push, ...]:
        """Take a proxy's word into account; what is late, doubled or of another life is not."""
        session = self._sessions.get(message.proxy)
        if isinstance(message, Hello):
            if session is None or message.life > session.life:
                return self._welcome(message, now)
            return self._note_hello(session, message, now)
        if session is None or not session.awaits(message):
            self._stale += 1
        else:
            self._settle(session, message, now)
        return ()

    def remove(self, proxy: ProxyId, *, now: TimeNs) -> None:
        """Forget a proxy that is known to be gone; nothing if it was not known."""
        session = self._sessions.pop(proxy, None)
        if session is not None:
            session.due = None
            self._current -= session.state is ProxyState.CURRENT
            self._clear_agenda()
            self._measure(now)

    def next_deadline(self) -> TimeNs | None:
        """When a push is to be sent again, or a proxy given up; None if every answer is in."""
        return self._agenda[0][0] if self._agenda else None

    def tick(self, *, now: TimeNs) -> tuple[Push, ...]:
        """Send again what was not answered in time, and give up who never answers."""
        pushes = []
        while self._agenda and self._agenda[0][0] <= now:
            _, _, session = heappop(self._agenda)
            session.due = None
            if session.tries >= self._config.tries_max:
                session.move(SessionSignal.GIVEN_UP)
            else:
                pushes.append(self._send(session, now))
            self._clear_agenda()
        return tuple(pushes)

    def snapshot(self) -> ControlPlaneSnapshot:
        """Proxies and progress, for reports. Changes nothing."""
        return ControlPlaneSnapshot(
            version=self._version,
            proxies=tuple(_snapshot_of(session) for session in self._sessions.values()),
            newest=self._log.newest,
            past=self._log.past,
            pushes_sent=self._pushes_sent,
            stale_messages=self._stale,
        )

    def _welcome(self, hello: Hello, now: TimeNs) -> tuple[Push, ...]:
        if hello.version > self._version:
            self._stale += 1
            return ()
        known = self._sessions.get(hello.proxy)
        if known is not None:
            known.due = None
            self._current -= known.state is ProxyState.CURRENT
        push = self._make_push(hello.proxy, hello.service, hello.life)
        session = Session(push, hello.service, hello.version)
        self._sessions[hello.proxy] = session
        self._clear_agenda()
        self._measure(now)
        return (self._send(session, now),)

    def _note_hello(self, session: Session, hello: Hello, now: TimeNs) -> tuple[Push, ...]:
        if hello.life < session.life or not session.is_waiting:
            self._stale += hello.life < session.life
            return ()
        if hello.version == self._version:
            self._accept(session, now)
        elif session.state is ProxyState.SILENT and hello.version < self._version:
            return (self._push_anew(session, now),)
        return ()

    def _settle(self, session: Session, answer: Ack | Nack, now: TimeNs) -> None:
        if isinstance(answer, Ack):
            self._accept(session, now)
            return
        session.due = None
        session.accepted = answer.version
        session.detail = answer.detail
        session.move(SessionSignal.NACKED)
        self._clear_agenda()

    def _accept(self, session: Session, now: TimeNs) -> None:
        session.due = None
        session.accepted = self._version
        session.move(SessionSignal.ACKED)
        self._current += 1
        self._clear_agenda()
        self._measure(now)

    def _push_anew(self, session: Session, now: TimeNs) -> Push:
        session.push = self._make_push(session.proxy, session.service, session.life)
        session.tries = 0
        session.detail = ""
        session.move(SessionSignal.PUSHED)
        return self._send(session, now)

    def _make_push(self, proxy: ProxyId, service: str, life: int) -> Push:
        self._nonce += 1
        edges = self._resolver.edges_of(service)
        return Push(proxy, life, self._nonce, self._version, edges)

    def _send(self, session: Session, now: TimeNs) -> Push:
        config = self._config
        pause_ns = config.ack_timeout_ns
        if session.tries:
            previous_ns = session.backoff_ns if session.tries > 1 else 0
            session.backoff_ns = backoff.delay(
                config.backoff, session.tries - 1, self._stream, previous_ns
            )
            pause_ns += session.backoff_ns
        session.tries += 1
        session.due = now + pause_ns
        self._pushes_sent += 1
        heappush(self._agenda, (session.due, self._pushes_sent, session))
        self._clear_agenda()
        return session.push

    def _clear_agenda(self) -> None:
        """Drop what has been settled from the front, so that reading the front is enough."""
        agenda = self._agenda
        while agenda and agenda[0][2].due != agenda[0][0]:
            heappop(agenda)

    def _measure(self, now: TimeNs) -> None:
        self._log.note(proxies=len(self._sessions), current=self._current, now=now)


def _snapshot_of(session: Session) -> ProxySnapshot:
    return ProxySnapshot(
        session.proxy,
        session.service,
        session.life,
        session.state,
        session.accepted,
        session.tries,
        session.detail,
    )


def _check(config: ControlPlaneConfig, generation: int) -> None:
    backoff.check(config.backoff)
    for name in ("ack_timeout_ns", "tries_max", "past_max"):
        if getattr(config, name) < 1:
            raise ConfigError(f"control plane: {name} must be at least 1")
    if generation < 1:
        raise ConfigError("control plane: the generation must be at least 1")
