"""How the two ends of a mesh's control speak to each other, and a mesh as it is set up."""

from dataclasses import dataclass
from enum import StrEnum

from models.base.time import NS_PER_MS, NS_PER_S, DurationNs, TimeNs
from models.traffic.config import BackoffConfig
from models.traffic.mesh.policy import MeshConfig


@dataclass(frozen=True, slots=True)
class ControlPlaneConfig:
    """How a control plane sends.

    An answer is awaited for ``ack_timeout_ns`` and then ever longer, by ``backoff``; after
    ``tries_max`` sendings the proxy counts as silent. ``past_max`` versions are remembered.
    """

    ack_timeout_ns: DurationNs = NS_PER_S
    backoff: BackoffConfig = BackoffConfig(base_ns=500 * NS_PER_MS, cap_ns=10 * NS_PER_S)
    tries_max: int = 8
    past_max: int = 16


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """How often a proxy says that it is there: until it has heard anything, and afterwards.

    The latter brings a proxy back that the control plane has given up or forgotten.
    """

    hello_ns: DurationNs = NS_PER_S
    refresh_ns: DurationNs = 30 * NS_PER_S


class Feature(StrEnum):
    """What a proxy of an older release may not know yet."""

    SPLIT = "split"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class MeshChange:
    """A configuration that takes the place of the one before, ``at_ns`` into measure."""

    at_ns: TimeNs
    config: MeshConfig
    label: str = ""


@dataclass(frozen=True, slots=True)
class MeshPlan:
    """A control plane in ``zone``, and a proxy beside every instance and load source.

    ``members`` are the instances of each subset, by service and subset. ``lacking`` are the
    services whose proxies do not know everything.
    """

    zone: str
    config: MeshConfig
    changes: tuple[MeshChange, ...] = ()
    control: ControlPlaneConfig = ControlPlaneConfig()
    agent: AgentConfig = AgentConfig()
    members: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    lacking: tuple[tuple[str, frozenset[Feature]], ...] = ()
