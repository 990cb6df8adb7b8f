"""What a proxy does beyond balancing, breaking, retrying and giving up, as one frozen value."""

from dataclasses import dataclass
from enum import Enum

from models.base.distributions import Distribution
from models.base.time import NS_PER_MS, DurationNs
from models.traffic.concurrency.aimd import AimdConfig
from models.traffic.fallback import FallbackConfig
from models.traffic.hedging import HedgeConfig
from models.traffic.limiter.base import Rate
from models.traffic.outlier.config import OutlierConfig


class LimitBy(Enum):
    """What has a limit of its own: all calls together, each key, or each tenant."""

    ALL = "all"
    KEY = "key"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class LimitStoreConfig:
    """Where one limit is kept for all callers of an edge: a node in ``zone``.

    It takes ``work`` to answer, None for no time. A caller waits ``timeout_ns`` (>= 1), then lets
    the call in if ``fails_open``. With ``remembers_refusals`` a key that was refused is refused
    without asking until its wait is over.
    """

    zone: str
    by: LimitBy = LimitBy.ALL
    work: Distribution | None = None
    timeout_ns: DurationNs = 20 * NS_PER_MS
    fails_open: bool = True
    remembers_refusals: bool = True


@dataclass(frozen=True, slots=True)
class RateLimitConfig:
    """Calls at no more than ``rate``, with bursts of ``burst`` after silence.

    Each caller has a limit of its own, or all share those that a ``store`` keeps.
    """

    rate: Rate
    burst: int = 1
    store: LimitStoreConfig | None = None


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
