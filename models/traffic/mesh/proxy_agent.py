"""The proxy's side of the control plane: what holds here, and what to answer to a push.

A proxy goes on with the last configuration that it accepted, however long it hears nothing and
whatever it refuses. It only ever moves forward: a push that is older than one it has seen is
left aside unanswered, because its sender has moved on as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from models.base.errors import ConfigError
from models.base.time import TimeNs
from models.traffic.mesh.config import AgentConfig
from models.traffic.mesh.messages import NO_VERSION, Ack, Hello, Nack, ProxyId, Push, Version
from models.traffic.mesh.resolver import EdgePolicy

Judge: TypeAlias = Callable[[tuple[EdgePolicy, ...]], str | None]
"""Says in words why this proxy cannot do what is asked, None if it can."""


_USUAL = AgentConfig()


def accept_all(_edges: tuple[EdgePolicy, ...]) -> str | None:
    """The judge of a proxy that can do everything."""
    return None


@dataclass(frozen=True, slots=True)
class AgentSnapshot:
    """A proxy's agent for reports. ``heard_at`` is when the control plane last said anything.

    ``refused`` is the newest version refused (None: none), ``detail`` why. ``stale_pushes``
    counts those left aside.
    """

    proxy: ProxyId
    life: int
    version: Version
    refused: Version | None
    detail: str
    heard_at: TimeNs | None
    stale_pushes: int


class ProxyAgent:
    """Keeps the configuration of one life of one proxy.

    ``life`` must be higher than that of every life of the same proxy before. ``now`` is
    nanoseconds on the proxy's monotonic clock. Every verb returns the messages to send.

    Raises:
        ConfigError: a period below 1.
    """

    __slots__ = (
        "_config", "_detail", "_edges", "_heard_at", "_hello_due", "_judge", "_refused", "_stale",
        "_version", "life", "proxy", "service",
    )  # fmt: skip

    def __init__(
        self,
        proxy: ProxyId,
        service: str,
        *,
        life: int = 1,
        start_ns: TimeNs = 0,
        config: AgentConfig = _USUAL,
        judge: Judge = accept_all,
    ) -> None:
        if config.hello_ns < 1 or config.refresh_ns < 1:
            raise ConfigError(f"proxy '{proxy}': periods must be at least 1 ns")
        self.proxy = proxy
        self.service = service
        self.life = life
        self._config = config
        self._judge = judge
        self._edges: dict[str, EdgePolicy] = {}
        self._version = NO_VERSION
        self._refused: Version | None = None
        self._detail = ""
        self._heard_at: TimeNs | None = None
        self._hello_due = start_ns
        self._stale = 0

    @property
    def version(self) -> Version:
        """The version that holds; ``NO_VERSION`` before the first."""
        return self._version

    def effective(self, callee: str) -> EdgePolicy:
        """What holds on the way to a service; for one never heard of, what holds by default."""
        known = self._edges.get(callee)
        return EdgePolicy(self.service, callee) if known is None else known

    def next_deadline(self) -> TimeNs | None:
        """When to say hello next; there is always a next time."""
        return self._hello_due

    def tick(self, *, now: TimeNs) -> tuple[Hello, ...]:
        """Say hello, if that is due; the first time at the start."""
        if now < self._hello_due:
            return ()
        config = self._config
        period_ns = config.hello_ns if self._heard_at is None else config.refresh_ns
        missed = (now - self._hello_due) // period_ns
        self._hello_due += (missed + 1) * period_ns
        return (Hello(self.proxy, self.service, self.life, self._version),)

    def receive(self, push: Push, *, now: TimeNs) -> tuple[Ack | Nack, ...]:
        """Accept or refuse a push and say so; nothing for one that is not, or no longer, ours."""
        if push.proxy != self.proxy or push.life != self.life:
            return ()
        if self._heard_at is None:
            self._hello_due = now + self._config.refresh_ns
        self._heard_at = now
        newest = self._version if self._refused is None else max(self._version, self._refused)
        if push.version < newest:
            self._stale += 1
            return ()
        if push.version > newest:
            self._consider(push)
        return (self._answer(push),)

    def snapshot(self) -> AgentSnapshot:
        """The state, for reports. Changes nothing."""
        return AgentSnapshot(
            self.proxy,
            self.life,
            self._version,
            self._refused,
            self._detail,
            self._heard_at,
            self._stale,
        )

    def _consider(self, push: Push) -> None:
        objection = self._judge(push.edges)
        if objection is not None:
            self._refused = push.version
            self._detail = objection
            return
        self._version = push.version
        self._edges = {edge.callee: edge for edge in push.edges}
        self._detail = ""

    def _answer(self, push: Push) -> Ack | Nack:
        if push.version == self._version:
            return Ack(self.proxy, self.life, push.nonce, self._version)
        return Nack(self.proxy, self.life, push.nonce, self._version, push.version, self._detail)
