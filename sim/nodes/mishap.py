"""What may happen to a request at the door of an instance, instead of being served."""

from models.base.outcome import Outcome
from models.base.streams import Stream


class Mishap:
    """Happens to ``ratio`` of the requests. ``answer`` is what the caller gets; None is silence."""

    __slots__ = ("_stream", "answer", "ratio")

    def __init__(self, ratio: float, answer: Outcome | None, stream: Stream) -> None:
        self.ratio = ratio
        self.answer = answer
        self._stream = stream

    def happens(self) -> bool:
        """Draw for one request."""
        return self._stream.uniform() < self.ratio
