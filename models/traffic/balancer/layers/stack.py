"""Lays what is configured around a policy, in the order in which a pick passes through.

Subset, then priority with panic, then zone, then slow start, then the policy itself.
"""

from collections.abc import Callable

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import Balancer
from models.traffic.balancer.layers.config import (
    LayersConfig,
    PriorityConfig,
    ZoneAwareConfig,
    ZoneWeightsConfig,
)
from models.traffic.balancer.layers.host_set import HostSet
from models.traffic.balancer.layers.priority import PriorityLevels
from models.traffic.balancer.layers.slow_start import SlowStart
from models.traffic.balancer.layers.subset import Subset
from models.traffic.balancer.layers.zone_aware import ZoneAware
from models.traffic.balancer.layers.zone_weights import ZoneWeights
from models.traffic.balancer.prequal.probing import ProbingBalancer


def lay_around(
    config: LayersConfig, stream: Stream, make_policy: Callable[[], Balancer]
) -> Balancer:
    """Build the balancer of one caller on one edge; without layers it is the bare policy.

    ``make_policy`` makes an empty policy each time it is called: every priority and every zone
    has one of its own. ``stream`` serves the layers' own draws.

    Raises:
        ConfigError: a policy that follows keys cannot also follow zones or warm members up, and
            one that probes works on its own pool of members alone.
    """
    if config == LayersConfig():
        return make_policy()
    _check(config, make_policy())
    slow_start = config.slow_start

    def make_inner() -> Balancer:
        policy = make_policy()
        return policy if slow_start is None else SlowStart(slow_start, policy)

    balancer: Balancer
    if config.priorities is not None or config.zones is not None:
        priorities = config.priorities or PriorityConfig()
        make_level = _level_maker(config, priorities, stream, make_inner)
        balancer = PriorityLevels(priorities, stream, make_level)
    else:
        balancer = make_inner()
    if config.subset is not None:
        balancer = Subset(config.subset, balancer)
    return balancer


def _check(config: LayersConfig, policy: Balancer) -> None:
    if policy.needs_key and config.zones is not None:
        raise ConfigError("a policy that follows request keys cannot also follow zones")
    if policy.needs_key and config.slow_start is not None:
        raise ConfigError("a policy that follows request keys cannot start members slowly")
    if isinstance(policy, ProbingBalancer):
        raise ConfigError("a policy that probes its members has nothing laid around it")


def _level_maker(
    config: LayersConfig,
    priorities: PriorityConfig,
    stream: Stream,
    make_inner: Callable[[], Balancer],
) -> Callable[[int], HostSet]:
    """Zone-aware routing works at priority 0 only, zone weights at every priority."""
    zones = config.zones

    def make_level(priority: int) -> HostSet:
        if isinstance(zones, ZoneWeightsConfig):
            return ZoneWeights(zones, priorities.overprovisioning_percent, make_inner)
        if isinstance(zones, ZoneAwareConfig) and priority == 0:
            return ZoneAware(zones, stream, make_inner)
        return HostSet(make_inner())

    return make_level
