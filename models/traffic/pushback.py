"""What to make of a server that says when to come back: wait that long, or not come at all.

The hint is a duration in nanoseconds, as the server sent it. Each family of clients reads it in
its own way.
"""

from models.base.streams import Stream
from models.base.time import NS_PER_S, DurationNs

FORBIDDEN = -1
"""The server wants no retry at all."""
DISCARDED = -2
"""The hint is not to be believed: use the ordinary back-off."""

_ENVOY_MAX_NS = 300 * NS_PER_S
_BOTOCORE_SLACK_NS = 5 * NS_PER_S


def grpc_delay(hint_ns: DurationNs) -> DurationNs:
    """Exactly what the server says; a negative hint is ``FORBIDDEN``.

    The back-off after it begins at its first step again.

    Source: gRPC A6; semantics 6.5.
    """
    return hint_ns if hint_ns >= 0 else FORBIDDEN


def envoy_delay(
    hint_ns: DurationNs, stream: Stream, *, hint_ns_max: DurationNs = _ENVOY_MAX_NS
) -> DurationNs:
    """Uniform over [hint, 1.5 * hint); ``DISCARDED`` above ``hint_ns_max`` or below 0.

    Source: Envoy rate-limited retry back-off; semantics 8.1.
    """
    if not 0 <= hint_ns <= hint_ns_max:
        return DISCARDED
    return hint_ns + (hint_ns // 2 * stream.word() >> 64)


def bounded_delay(
    hint_ns: DurationNs, own_ns: DurationNs, *, slack_ns: DurationNs = _BOTOCORE_SLACK_NS
) -> DurationNs:
    """The hint, but no less than the client's own back-off and no more than 5 s above it.

    Source: botocore ``retries/standard.py``; semantics 8.1.
    """
    return max(own_ns, min(hint_ns, own_ns + slack_ns))
