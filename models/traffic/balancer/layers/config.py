"""What may be laid around a balancing policy, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs
from models.traffic.balancer.layers.placement import PriorityOrder


@dataclass(frozen=True, slots=True)
class PriorityConfig:
    """How load overflows to the next priority, and when health is ignored.

    A level serves its full share while ``overprovisioning_percent`` x available / all reaches
    100. Below an available share of ``panic_ratio`` it is in panic: health is ignored, or, with
    ``fail_on_panic``, nothing is sent. A ``panic_ratio`` of 0 switches panic off. ``order`` says
    where a member's zone puts it; None leaves that to whoever places the members.

    Source: Envoy ``overprovisioning_factor``, ``healthy_panic_threshold``,
    ``fail_traffic_on_panic``; semantics 6.1.

    Raises:
        ConfigError: a factor below 100 %, or a ratio outside [0, 1].
    """

    overprovisioning_percent: int = 140
    panic_ratio: float = 0.5
    fail_on_panic: bool = False
    order: PriorityOrder | None = None

    def __post_init__(self) -> None:
        if self.overprovisioning_percent < 100:
            raise ConfigError("priorities: overprovisioning_percent must be at least 100")
        _require_ratio("priorities: panic_ratio", self.panic_ratio)


@dataclass(frozen=True, slots=True)
class ZoneWeightsConfig:
    """Shares of traffic by zone, each scaled down as the zone loses members.

    A zone without a weight is served only when no weighted zone has anyone available.

    Source: Envoy ``locality_weighted_lb_config``; semantics 6.1.

    Raises:
        ConfigError: no weight at all, or one below 1.
    """

    weights: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.weights:
            raise ConfigError("zone weights: at least one zone must have a weight")
        for zone, weight in self.weights.items():
            if weight < 1:
                raise ConfigError(f"zone weights: weight {weight} of '{zone}' is below 1")


@dataclass(frozen=True, slots=True)
class ZoneAwareConfig:
    """Stay in the caller's zone as far as every zone's members bear the same load.

    ``routing_ratio`` of the picks are routed so. It needs ``cluster_size_min`` members
    available. With ``force_local_size_min`` a local zone of that many takes everything.

    Source: Envoy ``zone_aware_lb_config``; semantics 6.1.

    Raises:
        ConfigError: a ratio outside [0, 1] or a size below 1.
    """

    routing_ratio: float = 1.0
    cluster_size_min: int = 6
    force_local_size_min: int | None = None

    def __post_init__(self) -> None:
        _require_ratio("zone aware: routing_ratio", self.routing_ratio)
        if self.cluster_size_min < 1:
            raise ConfigError("zone aware: cluster_size_min must be at least 1")
        if self.force_local_size_min is not None and self.force_local_size_min < 1:
            raise ConfigError("zone aware: force_local_size_min must be at least 1")


@dataclass(frozen=True, slots=True)
class SlowStartConfig:
    """How a member that comes up earns its full share over ``window_ns``.

    Its weight is scaled by max(``weight_ratio_min``, (age / window) ** (1 / ``aggression``)).

    Source: Envoy ``slow_start_config``; semantics 6.2.

    Raises:
        ConfigError: a window below 1 ns, an aggression outside [0.01, 100], or a smallest
            share outside (0, 1].
    """

    window_ns: DurationNs = 30 * NS_PER_S
    aggression: float = 1.0
    weight_ratio_min: float = 0.1

    def __post_init__(self) -> None:
        if self.window_ns < 1:
            raise ConfigError("slow start: window_ns must be at least 1")
        if not 0.01 <= self.aggression <= 100.0:
            raise ConfigError(f"slow start: aggression {self.aggression} is not in [0.01, 100]")
        if not 0.0 < self.weight_ratio_min <= 1.0:
            raise ConfigError(
                f"slow start: weight_ratio_min {self.weight_ratio_min} is not in (0, 1]"
            )


class SubsetMethod(Enum):
    """How a caller's subset is drawn: evenly over all callers, or with the fewest moves."""

    DETERMINISTIC = "deterministic"
    RENDEZVOUS = "rendezvous"


@dataclass(frozen=True, slots=True)
class SubsetConfig:
    """Each caller uses only ``size`` of the members. All callers must share ``salt``.

    Raises:
        ConfigError: a size below 1.
    """

    size: int = 20
    method: SubsetMethod = SubsetMethod.DETERMINISTIC
    salt: str = ""

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ConfigError("subset: size must be at least 1")


@dataclass(frozen=True, slots=True)
class LayersConfig:
    """What is laid around a policy; nothing by default.

    ``zones`` without ``priorities`` brings those with their defaults, panic included, because
    zones live inside a priority.
    """

    priorities: PriorityConfig | None = None
    zones: ZoneWeightsConfig | ZoneAwareConfig | None = None
    slow_start: SlowStartConfig | None = None
    subset: SubsetConfig | None = None


def _require_ratio(name: str, ratio: float) -> None:
    if not 0.0 <= ratio <= 1.0:
        raise ConfigError(f"{name} {ratio} is not in [0, 1]")
