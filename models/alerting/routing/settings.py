"""An Alertmanager's settings as frozen values: routes, receivers, and what keeps alerts quiet.

Source: semantics 4.1; alertmanager config/config.go, config/notifiers.go.
"""

from dataclasses import dataclass

from models.alerting.routing.inhibition import InhibitRule
from models.alerting.routing.route import RouteConfig, route_tree
from models.alerting.routing.time_interval import TimeInterval
from models.base.errors import ConfigError
from models.base.time import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_S, DurationNs


@dataclass(frozen=True, slots=True)
class Integration:
    """One way by which a receiver is told, such as ``pagerduty[0]``."""

    name: str
    send_resolved: bool = True


@dataclass(frozen=True, slots=True)
class ReceiverConfig:
    """Whom a route tells, by every one of its integrations; without any, nobody."""

    name: str
    integrations: tuple[Integration, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedIntervals:
    """Times that routes refer to by name; they are meant when any of them holds."""

    name: str
    intervals: tuple[TimeInterval, ...]


@dataclass(frozen=True, slots=True)
class AlertmanagerConfig:
    """Everything that decides who is told about an alert.

    An alert whose sender gives no end is taken as resolved ``resolve_timeout_ns`` after it was
    last received.
    """

    route: RouteConfig
    receivers: tuple[ReceiverConfig, ...]
    inhibit_rules: tuple[InhibitRule, ...] = ()
    time_intervals: tuple[NamedIntervals, ...] = ()
    resolve_timeout_ns: DurationNs = 5 * NS_PER_MINUTE

    def check(self) -> None:
        """Refuse what cannot be decided by.

        Raises:
            ConfigError: as :func:`route_tree`; or a route names a receiver or times that do not
                exist, a name is taken twice, or the resolve timeout is not positive.
        """
        if self.resolve_timeout_ns <= 0:
            raise ConfigError("resolve_timeout must be positive")
        receivers = _names("receiver", tuple(one.name for one in self.receivers))
        times = _names("time interval", tuple(one.name for one in self.time_intervals))
        for route in route_tree(self.route).walk():
            if route.receiver not in receivers:
                raise ConfigError(f"a route names receiver '{route.receiver}', which is not there")
            for name in (*route.mute_time_intervals, *route.active_time_intervals):
                if name not in times:
                    raise ConfigError(f"a route names time interval '{name}', which is not there")


def single_route(
    receiver: str = "on-call",
    *,
    group_by: tuple[str, ...] = (),
    group_wait_ns: DurationNs = 30 * NS_PER_S,
    group_interval_ns: DurationNs = 5 * NS_PER_MINUTE,
    repeat_interval_ns: DurationNs = 4 * NS_PER_HOUR,
    send_resolved: bool = True,
    resolve_timeout_ns: DurationNs = 5 * NS_PER_MINUTE,
) -> AlertmanagerConfig:
    """Settings by which one receiver is told about everything."""
    return AlertmanagerConfig(
        RouteConfig(
            receiver,
            group_by=group_by,
            group_wait_ns=group_wait_ns,
            group_interval_ns=group_interval_ns,
            repeat_interval_ns=repeat_interval_ns,
        ),
        (ReceiverConfig(receiver, (Integration("webhook[0]", send_resolved),)),),
        resolve_timeout_ns=resolve_timeout_ns,
    )


def _names(kind: str, names: tuple[str, ...]) -> frozenset[str]:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ConfigError(f"{kind} '{name}' is there twice")
    return frozenset(names)
