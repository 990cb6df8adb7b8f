"""Where trace and span ids come from: dice, or counters.

Both are deterministic. Ratio samplers read the lower bits of a trace id, so counted ids are
spread over all 64 bits by a one-to-one mixing: they never repeat, and they look like dice.
"""

from typing import Protocol

from models.base.streams import Stream

_WORD = 2**64 - 1


class IdSource(Protocol):
    """Numbers for new traces and spans, never zero.

    ``is_random`` says whether the lower 56 bits of trace ids are fit for sampling decisions.
    """

    is_random: bool

    def trace_id(self) -> int:
        """The id of a new trace, in [1, 2**128)."""

    def span_id(self) -> int:
        """The id of a new span, in [1, 2**64)."""


class StreamIds:
    """Ids drawn from a stream: two words for a trace, one for a span."""

    __slots__ = ("_stream", "is_random")

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.is_random = True

    def trace_id(self) -> int:
        """Draw 128 bits."""
        while True:
            number = self._stream.word() << 64 | self._stream.word()
            if number:
                return number

    def span_id(self) -> int:
        """Draw 64 bits."""
        while True:
            number = self._stream.word()
            if number:
                return number


class CountedIds:
    """Ids from two counters that begin at 1: unique for 2**64 traces and as many spans.

    Processes that share traces need a source of spans each, told apart by ``origin``
    (in [0, 2**16)): spans of one origin are counted within 2**48 numbers of its own.
    """

    __slots__ = ("_spans", "_traces", "is_random")

    def __init__(self, origin: int = 0) -> None:
        self._traces = self._spans = origin << 48
        self.is_random = True

    def trace_id(self) -> int:
        """The next number above, the same number mixed below."""
        self._traces += 1
        return self._traces << 64 | mixed(self._traces)

    def span_id(self) -> int:
        """The next number, mixed."""
        self._spans += 1
        return mixed(self._spans)


def mixed(number: int) -> int:
    """Spread a 64-bit number over all 64 bits; one to one, and only 0 becomes 0.

    Source: the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    """
    number &= _WORD
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _WORD
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _WORD
    return number ^ number >> 31
