"""From a policy's name to a balancer: the built-in ones, and those a user brings along."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import TypeAlias

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import Balancer
from models.traffic.balancer.least_request import LeastRequest
from models.traffic.balancer.round_robin import RoundRobin
from models.traffic.balancer.smooth_weighted import SmoothWeighted
from models.traffic.config import BalancerConfig

BalancerFactory: TypeAlias = Callable[[BalancerConfig, Stream], Balancer]


def _round_robin(_config: BalancerConfig, _stream: Stream) -> Balancer:
    return RoundRobin()


def _smooth_weighted(_config: BalancerConfig, _stream: Stream) -> Balancer:
    return SmoothWeighted()


def _least_request(config: BalancerConfig, stream: Stream) -> Balancer:
    return LeastRequest(stream, config.choices)


BUILT_IN: Mapping[str, BalancerFactory] = MappingProxyType(
    {
        "round_robin": _round_robin,
        "smooth_weighted": _smooth_weighted,
        "least_request": _least_request,
    }
)
NO_PLUGINS: Mapping[str, BalancerFactory] = MappingProxyType({})


def make_balancer(
    config: BalancerConfig, stream: Stream, plugins: Mapping[str, BalancerFactory] = NO_PLUGINS
) -> Balancer:
    """Make an empty balancer of the policy that ``config`` names.

    ``plugins`` are a user's own policies by name; ``config.options`` is theirs to read.

    Raises:
        ConfigError: no such policy, a plug-in takes the name of a built-in one, options for a
            built-in policy (they have none), or what the policy itself refuses.
    """
    for name in plugins:
        if name in BUILT_IN:
            raise ConfigError(f"a plug-in may not take the name of the built-in policy '{name}'")
    if config.policy in BUILT_IN:
        if config.options:
            refused = ", ".join(sorted(config.options))
            raise ConfigError(f"policy '{config.policy}' has no options, but got: {refused}")
        return BUILT_IN[config.policy](config, stream)
    if config.policy in plugins:
        return plugins[config.policy](config, stream)
    known = [*BUILT_IN, *sorted(plugins)]
    hint = get_close_matches(config.policy, known, n=1)
    meant = f", did you mean '{hint[0]}'?" if hint else ""
    raise ConfigError(f"no balancing policy '{config.policy}' (known: {', '.join(known)}){meant}")
