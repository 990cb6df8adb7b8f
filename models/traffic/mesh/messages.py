"""The messages between proxies and the control plane, as values.

They cross links that delay, lose, duplicate and reorder. So a push says which version it carries
and by which nonce it wants to be answered, and everything says of which life of a proxy it is.

Source: xDS, state of the world: version, nonce, ACK and NACK. Differs in that a proxy that
refuses a push says which version it refused, and that nothing is assumed about the order.
"""

from dataclasses import dataclass
from typing import NewType, TypeAlias

from models.traffic.mesh.resolver import EdgePolicy

ProxyId = NewType("ProxyId", str)


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Versions are compared by generation, then by serial.

    A control plane that has lost its memory comes back with a higher generation, so that what it
    says is newer than all its predecessor has said.
    """

    generation: int
    serial: int


NO_VERSION = Version(0, 0)
"""The version of a proxy that has never accepted one; lower than every other."""


@dataclass(frozen=True, slots=True)
class Hello:
    """A proxy of ``service`` is there, in its ``life``-th life, and runs ``version``."""

    proxy: ProxyId
    service: str
    life: int
    version: Version


@dataclass(frozen=True, slots=True)
class Push:
    """All that a proxy is to do, as of ``version``."""

    proxy: ProxyId
    life: int
    nonce: int
    version: Version
    edges: tuple[EdgePolicy, ...]


@dataclass(frozen=True, slots=True)
class Ack:
    """The proxy runs ``version`` from now on."""

    proxy: ProxyId
    life: int
    nonce: int
    version: Version


@dataclass(frozen=True, slots=True)
class Nack:
    """The proxy refuses ``refused``, says why, and goes on with ``version``."""

    proxy: ProxyId
    life: int
    nonce: int
    version: Version
    refused: Version
    detail: str


ProxyMessage: TypeAlias = Hello | Ack | Nack
