"""How long to wait before trying again: exponential, capped, spread.

Without jitter the callers that failed together come back together; full jitter spreads them
over the whole interval.
"""

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.base.time import DurationNs
from models.traffic.config import BackoffConfig, Jitter


def delay(config: BackoffConfig, try_index: int, stream: Stream) -> DurationNs:
    """Wait before retry ``try_index`` (0 is the first retry), in nanoseconds.

    With t = min(cap, base * 2**try_index): exactly t without jitter, uniform over the whole
    nanoseconds of [0, t) with full jitter. Full jitter takes one word of the stream whatever t
    is; no jitter takes none. Exact for any ``try_index``.

    Source: AWS Architecture blog, "Exponential backoff and jitter"; semantics 8.1.
    """
    ceiling_ns = _ceiling(config, try_index)
    if config.jitter is Jitter.FULL:
        return ceiling_ns * stream.word() >> 64
    return ceiling_ns


def check(config: BackoffConfig) -> None:
    """Refuse durations below zero.

    Raises:
        ConfigError: the base or the cap is negative.
    """
    if config.base_ns < 0 or config.cap_ns < 0:
        raise ConfigError("back-off: base and cap must not be negative")


def _ceiling(config: BackoffConfig, try_index: int) -> DurationNs:
    # base * 2**n passes any cap at n = the cap's bits: no need to build greater numbers.
    doublings = min(try_index, config.cap_ns.bit_length())
    return min(config.cap_ns, config.base_ns << doublings)
