"""From a policy's name to a balancer: the built-in ones, and those a user brings along."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import TypeAlias

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import Balancer
from models.traffic.balancer.hashed.bounded_load import BoundedLoad
from models.traffic.balancer.hashed.ketama import Ketama
from models.traffic.balancer.hashed.keyed import KeyedPolicy
from models.traffic.balancer.hashed.maglev import Maglev
from models.traffic.balancer.hashed.ring_hash import RingHash
from models.traffic.balancer.layers.stack import lay_around
from models.traffic.balancer.load.least_connections import LeastConnections
from models.traffic.balancer.load.least_request import LeastRequest
from models.traffic.balancer.load.peak_ewma import PeakEwma
from models.traffic.balancer.load.weighted_least_request import WeightedLeastRequest
from models.traffic.balancer.pick_first import PickFirst
from models.traffic.balancer.prequal.policy import Prequal
from models.traffic.balancer.random_choice import RandomChoice
from models.traffic.balancer.round_robin import RoundRobin
from models.traffic.balancer.smooth_weighted import SmoothWeighted
from models.traffic.balancer.weighted_random import WeightedRandom
from models.traffic.config import BalancerConfig

BalancerFactory: TypeAlias = Callable[[BalancerConfig, Stream], Balancer]


def _round_robin(_config: BalancerConfig, _stream: Stream) -> Balancer:
    return RoundRobin()


def _smooth_weighted(_config: BalancerConfig, _stream: Stream) -> Balancer:
    return SmoothWeighted()


def _least_request(config: BalancerConfig, stream: Stream) -> Balancer:
    return LeastRequest(
        stream, config.choices, bias=config.active_request_bias, scans_all=config.scans_all
    )


def _random(_config: BalancerConfig, stream: Stream) -> Balancer:
    return RandomChoice(stream)


def _weighted_random(_config: BalancerConfig, stream: Stream) -> Balancer:
    return WeightedRandom(stream)


def _pick_first(_config: BalancerConfig, _stream: Stream) -> Balancer:
    return PickFirst()


def _least_connections(_config: BalancerConfig, _stream: Stream) -> Balancer:
    return LeastConnections()


def _weighted_least_request(config: BalancerConfig, _stream: Stream) -> Balancer:
    return WeightedLeastRequest(config.active_request_bias)


def _peak_ewma(config: BalancerConfig, stream: Stream) -> Balancer:
    return PeakEwma(stream, config.decay_ns)


def _ring_hash(config: BalancerConfig, stream: Stream) -> Balancer:
    ring = RingHash(stream, size_min=config.ring_size_min, size_max=config.ring_size_max)
    return _bounded(ring, config, stream)


def _ketama(config: BalancerConfig, stream: Stream) -> Balancer:
    return _bounded(Ketama(stream, config.points_per_weight), config, stream)


def _maglev(config: BalancerConfig, stream: Stream) -> Balancer:
    return _bounded(Maglev(stream, config.table_size), config, stream)


def _prequal(config: BalancerConfig, stream: Stream) -> Balancer:
    return Prequal(config.prequal, stream)


def _bounded(hashed: KeyedPolicy, config: BalancerConfig, stream: Stream) -> Balancer:
    factor = config.hash_balance_factor
    return hashed if factor is None else BoundedLoad(hashed, stream, factor)


BUILT_IN: Mapping[str, BalancerFactory] = MappingProxyType(
    {
        "round_robin": _round_robin,
        "smooth_weighted": _smooth_weighted,
        "least_request": _least_request,
        "random": _random,
        "weighted_random": _weighted_random,
        "pick_first": _pick_first,
        "least_connections": _least_connections,
        "weighted_least_request": _weighted_least_request,
        "peak_ewma": _peak_ewma,
        "ring_hash": _ring_hash,
        "ketama": _ketama,
        "maglev": _maglev,
        "prequal": _prequal,
    }
)
FIELDS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "round_robin": (),
        "smooth_weighted": (),
        "least_request": ("choices", "active_request_bias", "scans_all"),
        "random": (),
        "weighted_random": (),
        "pick_first": (),
        "least_connections": (),
        "weighted_least_request": ("active_request_bias",),
        "peak_ewma": ("decay_ns",),
        "ring_hash": ("ring_size_min", "ring_size_max", "hash_balance_factor"),
        "ketama": ("points_per_weight", "hash_balance_factor"),
        "maglev": ("table_size", "hash_balance_factor"),
        "prequal": ("prequal",),
    }
)
"""The fields of :class:`BalancerConfig` that each built-in policy reads, ``layers`` aside."""
NO_PLUGINS: Mapping[str, BalancerFactory] = MappingProxyType({})


def make_balancer(
    config: BalancerConfig, stream: Stream, plugins: Mapping[str, BalancerFactory] = NO_PLUGINS
) -> Balancer:
    """Make an empty balancer of the policy that ``config`` names, with its layers around it.

    ``plugins`` are a user's own policies by name; ``config.options`` is theirs to read.

    Raises:
        ConfigError: no such policy, a plug-in takes the name of a built-in one, options for a
            built-in policy (its parameters are fields), layers that do not go with the policy,
            or what the policy itself refuses.
    """
    factory = _factory(config, plugins)
    return lay_around(config.layers, stream, lambda: factory(config, stream))


def _factory(config: BalancerConfig, plugins: Mapping[str, BalancerFactory]) -> BalancerFactory:
    for name in plugins:
        if name in BUILT_IN:
            raise ConfigError(f"a plug-in may not take the name of the built-in policy '{name}'")
    if config.policy in BUILT_IN:
        if config.options:
            refused = ", ".join(sorted(config.options))
            raise ConfigError(f"policy '{config.policy}' has no options, but got: {refused}")
        return BUILT_IN[config.policy]
    if config.policy in plugins:
        return plugins[config.policy]
    known = [*BUILT_IN, *sorted(plugins)]
    hint = get_close_matches(config.policy, known, n=1)
    meant = f", did you mean '{hint[0]}'?" if hint else ""
    raise ConfigError(f"no balancing policy '{config.policy}' (known: {', '.join(known)}){meant}")
