"""Parameters of Prequal, as a frozen value."""

from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.time import NS_PER_MS, NS_PER_S, DurationNs


@dataclass(frozen=True, slots=True)
class PrequalConfig:
    """How members are probed, and which probe is believed.

    ``probes_per_pick`` and ``removals_per_pick`` may be fractions; they are made up over several
    picks. A probe is hot if its requests in flight exceed the ``hot_quantile`` of the last
    ``quantile_window`` answers. ``reuse_slack`` (delta) says how many more uses than are needed
    the pool may hold ready.

    Source: Wydrowski et al. 2024, "Load is not what you should balance: introducing Prequal";
    semantics 6.6. The length of the quantile's window is ours.

    Raises:
        ConfigError: a number out of its range.
    """

    pool_size: int = 16
    probes_per_pick: float = 3.0
    removals_per_pick: float = 1.0
    reuse_slack: float = 1.0
    hot_quantile: float = 0.84
    quantile_window: int = 128
    age_ns_max: DurationNs = NS_PER_S
    timeout_ns: DurationNs = 3 * NS_PER_MS

    def __post_init__(self) -> None:
        for name in ("quantile_window", "age_ns_max", "timeout_ns"):
            if getattr(self, name) < 1:
                raise ConfigError(f"prequal: {name} must be at least 1")
        if self.pool_size < 2:
            raise ConfigError("prequal: pool_size must be at least 2")
        if not 0.0 < self.probes_per_pick <= 100.0:
            raise ConfigError("prequal: probes_per_pick must be in (0, 100]")
        if not 0.0 <= self.removals_per_pick <= 100.0:
            raise ConfigError("prequal: removals_per_pick must be in [0, 100]")
        if not 0.0 <= self.reuse_slack <= 1000.0:
            raise ConfigError("prequal: reuse_slack must be in [0, 1000]")
        if not 0.0 <= self.hot_quantile <= 1.0:
            raise ConfigError("prequal: hot_quantile must be in [0, 1]")
