"""Parameters of outlier ejection, as frozen values."""

from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs

EJECTION_NS_MAX = 300 * NS_PER_S


def _require_volume(hosts_min: int, volume_min: int) -> None:
    if hosts_min < 1 or volume_min < 1:
        raise ConfigError("outlier: hosts_min and volume_min must be at least 1")


def _require_ratio(name: str, ratio: float) -> None:
    if not 0.0 <= ratio <= 1.0:
        raise ConfigError(f"outlier: {name} {ratio} is not in [0, 1]")


@dataclass(frozen=True, slots=True)
class ConsecutiveConfig:
    """Ejection after ``failures`` failures in a row, in ``enforced_ratio`` of the cases.

    0 ``failures`` switches the check off. What is detected and not enforced is counted only.

    Raises:
        ConfigError: a negative number, or a ratio outside [0, 1].
    """

    failures: int = 5
    enforced_ratio: float = 1.0

    def __post_init__(self) -> None:
        if self.failures < 0:
            raise ConfigError("outlier: failures in a row must not be negative")
        _require_ratio("enforced_ratio", self.enforced_ratio)


@dataclass(frozen=True, slots=True)
class SuccessRateConfig:
    """Ejection of members whose success rate is far below their peers'.

    A member qualifies with ``volume_min`` results in an interval. With ``hosts_min`` of them,
    those below mean - ``stdev_factor`` x standard deviation are outliers.
    ``enforced_local_ratio`` is for local-origin results, judged apart where they are split.

    Raises:
        ConfigError: a count below 1, a negative factor, or a ratio outside [0, 1].
    """

    hosts_min: int = 5
    volume_min: int = 100
    stdev_factor: float = 1.9
    enforced_ratio: float = 1.0
    enforced_local_ratio: float = 1.0

    def __post_init__(self) -> None:
        _require_volume(self.hosts_min, self.volume_min)
        if not 0.0 <= self.stdev_factor <= 1000.0:
            raise ConfigError("outlier: stdev_factor must be in [0, 1000]")
        _require_ratio("enforced_ratio", self.enforced_ratio)
        _require_ratio("enforced_local_ratio", self.enforced_local_ratio)


@dataclass(frozen=True, slots=True)
class FailureShareConfig:
    """Ejection of members of whose results at least ``failure_ratio`` failed.

    Members qualify as in :class:`SuccessRateConfig`.

    Raises:
        ConfigError: a count below 1, or a ratio outside [0, 1].
    """

    failure_ratio: float = 0.85
    hosts_min: int = 5
    volume_min: int = 50
    enforced_ratio: float = 0.0
    enforced_local_ratio: float = 0.0

    def __post_init__(self) -> None:
        _require_volume(self.hosts_min, self.volume_min)
        _require_ratio("failure_ratio", self.failure_ratio)
        _require_ratio("enforced_ratio", self.enforced_ratio)
        _require_ratio("enforced_local_ratio", self.enforced_local_ratio)


@dataclass(frozen=True, slots=True)
class OutlierConfig:
    """When members are ejected, for how long, and how many at once.

    Every ``interval_ns`` rates are judged and ejected members are let back in whose time is
    up: min(``base_ns`` x ejections in a row, ``ejection_ns_max``), and up to ``jitter_ns_max``
    on top. At most ``ejected_ratio_max`` of the members are out at once, or one, with
    ``always_eject_one``. With ``split_local_origin`` time-outs and failed connections are
    judged apart from the answers of members; without it they count as gateway failures.

    Source: Envoy ``outlier_detection.proto``, with its defaults; semantics 7.2. An
    ``ejection_ns_max`` of None is the larger of five minutes and ``base_ns``.

    Raises:
        ConfigError: a number out of its range.
    """

    consecutive_5xx: ConsecutiveConfig = ConsecutiveConfig()
    consecutive_gateway: ConsecutiveConfig = ConsecutiveConfig(enforced_ratio=0.0)
    consecutive_local: ConsecutiveConfig = ConsecutiveConfig()
    success_rate: SuccessRateConfig = SuccessRateConfig()
    failure_share: FailureShareConfig = FailureShareConfig()
    interval_ns: DurationNs = 10 * NS_PER_S
    base_ns: DurationNs = 30 * NS_PER_S
    ejection_ns_max: DurationNs | None = None
    jitter_ns_max: DurationNs = 0
    ejected_ratio_max: float = 0.1
    always_eject_one: bool = False
    split_local_origin: bool = False
    health_check_readmits: bool = True

    def __post_init__(self) -> None:
        if self.interval_ns < 1 or self.base_ns < 1:
            raise ConfigError("outlier: interval_ns and base_ns must be at least 1")
        if self.ejection_ns_max is not None and self.ejection_ns_max < self.base_ns:
            raise ConfigError("outlier: ejection_ns_max must not be below base_ns")
        if self.jitter_ns_max < 0:
            raise ConfigError("outlier: jitter_ns_max must not be negative")
        _require_ratio("ejected_ratio_max", self.ejected_ratio_max)

    @property
    def longest_ns(self) -> DurationNs:
        """The longest ejection, jitter aside."""
        if self.ejection_ns_max is None:
            return max(EJECTION_NS_MAX, self.base_ns)
        return self.ejection_ns_max
