"""What a proxy does beyond balancing, breaking, retrying and giving up, as one frozen value."""

from dataclasses import dataclass

from models.traffic.concurrency.aimd import AimdConfig
from models.traffic.fallback import FallbackConfig
from models.traffic.hedging import HedgeConfig
from models.traffic.limiter.base import Rate
from models.traffic.outlier.config import OutlierConfig


@dataclass(frozen=True, slots=True)
class RateLimitConfig:
    """Calls at no more than ``rate``, with bursts of ``burst`` after silence."""

    rate: Rate
    burst: int = 1


@dataclass(frozen=True, slots=True)
class ProxyConfig:
    """Everything that is None is not done.

    ``concurrency`` is a fixed number of calls under way, or what a limit is learnt from.
    """

    limit: RateLimitConfig | None = None
    concurrency: int | AimdConfig | None = None
    outlier: OutlierConfig | None = None
    hedge: HedgeConfig | None = None
    fallback: FallbackConfig | None = None

    @property
    def is_on(self) -> bool:
        """True if there is anything to do."""
        return any(
            part is not None
            for part in (self.limit, self.concurrency, self.outlier, self.hedge, self.fallback)
        )
