"""How long to wait before trying again: growing, capped, spread.

Without jitter the callers that failed together come back together; full jitter spreads them
over the whole interval.
"""

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.base.time import DurationNs
from models.traffic.config import BackoffConfig, Growth, Jitter


def delay(
    config: BackoffConfig, try_index: int, stream: Stream, previous_ns: DurationNs = 0
) -> DurationNs:
    """Wait before retry ``try_index`` (0 is the first retry), in nanoseconds.

    With t the grown and capped back-off: exactly t without jitter; otherwise uniform over whole
    nanoseconds as :class:`Jitter` says, for one word of the stream whatever t is. Decorrelated
    jitter needs ``previous_ns``, the request's wait before this one, 0 at the first retry; it is
    capped after the draw. Exact for any ``try_index`` where the multiplier is 2; other
    multipliers round down to a nanosecond at each step.

    Source: AWS Architecture blog, "Exponential backoff and jitter"; Envoy (growth ``SUM``, full),
    gRPC A6 (around, 0.2), resilience4j (multiplier 1.5, around, 0.5); semantics 8.1.
    """
    jitter = config.jitter
    if jitter is Jitter.DECORRELATED:
        return _decorrelated(config, max(previous_ns, config.base_ns), stream)
    ceiling_ns = _ceiling(config, try_index)
    if jitter is Jitter.FULL:
        return ceiling_ns * stream.word() >> 64
    if jitter is Jitter.EQUAL:
        half_ns = ceiling_ns // 2
        return ceiling_ns - half_ns + (half_ns * stream.word() >> 64)
    if jitter is Jitter.AROUND:
        spread_ns = int(ceiling_ns * config.spread)
        return ceiling_ns - spread_ns + (2 * spread_ns * stream.word() >> 64)
    return ceiling_ns


def check(config: BackoffConfig) -> None:
    """Refuse what gives no durations.

    Raises:
        ConfigError: the base or the cap is negative, the multiplier below 1 or above 100, or the
            spread outside [0, 1].
    """
    if config.base_ns < 0 or config.cap_ns < 0:
        raise ConfigError("back-off: base and cap must not be negative")
    if not 1.0 <= config.multiplier <= 100.0:
        raise ConfigError(f"back-off: multiplier {config.multiplier} is not in [1, 100]")
    if not 0.0 <= config.spread <= 1.0:
        raise ConfigError(f"back-off: spread {config.spread} is not in [0, 1]")


def _ceiling(config: BackoffConfig, try_index: int) -> DurationNs:
    if config.growth is Growth.FIXED:
        return min(config.cap_ns, config.base_ns)
    if config.multiplier != 2.0:
        return _stepwise(config, try_index)
    # base * 2**n passes any cap at n = the cap's bits: no need to build greater numbers.
    doublings = min(try_index, config.cap_ns.bit_length())
    grown = config.base_ns << doublings
    if config.growth is Growth.SUM:
        grown = 2 * grown - config.base_ns
    return min(config.cap_ns, grown)


def _stepwise(config: BackoffConfig, try_index: int) -> DurationNs:
    step = total = config.base_ns
    for _ in range(try_index):
        following = int(step * config.multiplier)
        is_sum = config.growth is Growth.SUM
        if total >= config.cap_ns or (following == step and not is_sum):
            break
        step = following
        total = total + step if is_sum else step
    return min(config.cap_ns, total)


def _decorrelated(config: BackoffConfig, previous_ns: DurationNs, stream: Stream) -> DurationNs:
    span_ns = 3 * previous_ns - config.base_ns
    return min(config.cap_ns, config.base_ns + (span_ns * stream.word() >> 64))
