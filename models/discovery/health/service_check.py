"""Which services are checked, how deep, and how many of their instances may be taken out."""

from collections.abc import Collection
from dataclasses import dataclass

from models.base.errors import ConfigError
from models.discovery.health.config import CheckConfig


@dataclass(frozen=True, slots=True)
class ServiceCheck:
    """The check of every instance of one service.

    A deep check fails where none of the instances of something that the service calls can serve.
    At least a share ``kept_ratio`` of the instances stays in: if more look ill, all are kept, for
    what makes so many ill at once is seldom their own illness (Envoy's panic, Nacos's protection).

    Raises:
        ConfigError: the share is outside [0, 1].
    """

    service: str
    config: CheckConfig = CheckConfig()
    is_deep: bool = False
    kept_ratio: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.kept_ratio <= 1.0:
            raise ConfigError(f"health check of '{self.service}': a share to keep is 0 to 1")

    def taken_out(self, ill: Collection[str], count: int) -> frozenset[str]:
        """Which of the ``ill`` among ``count`` instances are taken out: all of them, or none."""
        if count - len(ill) < self.kept_ratio * count:
            return frozenset()
        return frozenset(ill)
