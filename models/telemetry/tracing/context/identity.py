"""Who a span is: its trace, its own number, and the flags that travel with them."""

from dataclasses import dataclass

from models.base.errors import ConfigError
from models.telemetry.tracing.context.tracestate import TraceState

SAMPLED = 0x01
"""Flag bit: the caller may have recorded its span."""
RANDOM = 0x02
"""Flag bit: the lower 56 bits of the trace id are random (Trace Context level 2)."""
TRACE_ID_MAX = 2**128 - 1
SPAN_ID_MAX = 2**64 - 1


@dataclass(frozen=True, slots=True)
class SpanContext:
    """Identity of a span, as it travels from process to process.

    ``trace_id`` is in [1, 2**128), ``span_id`` in [1, 2**64), ``flags`` in [0, 256).
    ``is_remote`` says that it came in with a request rather than from this process.

    Raises:
        ConfigError: a number is out of its range; zero is not an id.
    """

    trace_id: int
    span_id: int
    flags: int = 0
    trace_state: TraceState = ()
    is_remote: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.trace_id <= TRACE_ID_MAX:
            raise ConfigError(f"trace id {self.trace_id} is not in [1, 2**128)")
        if not 1 <= self.span_id <= SPAN_ID_MAX:
            raise ConfigError(f"span id {self.span_id} is not in [1, 2**64)")
        if not 0 <= self.flags <= 0xFF:
            raise ConfigError(f"trace flags {self.flags} are not in [0, 256)")

    @property
    def is_sampled(self) -> bool:
        """True when the trace is being kept."""
        return bool(self.flags & SAMPLED)

    @property
    def is_random(self) -> bool:
        """True when the lower 56 bits of the trace id are known to be random."""
        return bool(self.flags & RANDOM)


def trace_id_text(trace_id: int) -> str:
    """32 lower-case hexadecimal digits."""
    return f"{trace_id:032x}"


def span_id_text(span_id: int) -> str:
    """16 lower-case hexadecimal digits."""
    return f"{span_id:016x}"
