"""Policies: rules of one type for a part of the mesh, and the configuration they make up."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from types import MappingProxyType

from models.base.errors import ConfigError
from models.traffic.config import EdgeConfig
from models.traffic.mesh.rules import (
    BalancingRule,
    BreakerRule,
    FaultRule,
    HeaderRouteRule,
    MirrorRule,
    RetryRule,
    Rule,
    SplitRule,
    TelemetryRule,
    TimeoutRule,
)


class PolicyType(Enum):
    """What a policy is about, which says what kinds of rules it may hold."""

    TRAFFIC = "traffic"
    RESILIENCE = "resilience"
    FAULT = "fault"
    TELEMETRY = "telemetry"


RULES_OF: Mapping[PolicyType, tuple[type[Rule], ...]] = MappingProxyType(
    {
        PolicyType.TRAFFIC: (BalancingRule, SplitRule, MirrorRule, HeaderRouteRule),
        PolicyType.RESILIENCE: (TimeoutRule, RetryRule, BreakerRule),
        PolicyType.FAULT: (FaultRule,),
        PolicyType.TELEMETRY: (TelemetryRule,),
    }
)


class Level(IntEnum):
    """How specific a scope is; the higher wins."""

    MESH = 0
    SERVICE = 1
    EDGE = 2


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a policy holds: on every edge, on those into ``callee``, or on one edge.

    Raises:
        ConfigError: a caller without a callee.
    """

    callee: str = ""
    caller: str = ""

    def __post_init__(self) -> None:
        if self.caller and not self.callee:
            raise ConfigError(f"scope: edge of '{self.caller}' to nobody")

    @property
    def level(self) -> Level:
        """Whether it is the mesh, a service or an edge."""
        if not self.callee:
            return Level.MESH
        return Level.EDGE if self.caller else Level.SERVICE


MESH = Scope()


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules of one type, at most one of each kind, that hold in a scope."""

    name: str
    type: PolicyType
    rules: tuple[Rule, ...]
    scope: Scope = MESH


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """A service that rules may name, and the subsets of its instances."""

    name: str
    subsets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeshConfig:
    """One state of the whole mesh: who there is, and what holds.

    ``edges`` say what callers do by themselves, where no rule speaks.
    """

    services: tuple[ServiceEntry, ...]
    policies: tuple[Policy, ...] = ()
    edges: tuple[EdgeConfig, ...] = ()
