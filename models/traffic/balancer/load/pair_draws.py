"""Pairs of members drawn ahead, so that the pick of two costs no arithmetic of its own."""

from models.base.streams import Stream

_FIRST_CHUNK = 64
_CHUNK_MAX = 4096

Pair = tuple[int, int]


class PairDraws:
    """Hands out uniforms of one stream in order, most of them already turned into pairs.

    ``drawn`` are the pairs to come, the next one last: take them from its end, and call
    :meth:`fetch` when it is empty. The n-th uniform of the stream makes the n-th draw, whatever
    was drawn ahead when the pairs were laid out anew. Owns its stream.
    """

    __slots__ = ("_chunk", "_pairs", "_stream", "_uniforms", "drawn")

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._chunk = _FIRST_CHUNK
        self._uniforms: list[float] = []
        self._pairs: tuple[Pair, ...] = ()
        self.drawn: list[Pair] = []

    def lay_out(self, pairs: tuple[Pair, ...]) -> None:
        """From now on each uniform picks one of ``pairs``, all as likely; none if that is empty."""
        self._forget_used()
        self._pairs = pairs
        count = len(pairs)
        self.drawn = [pairs[int(uniform * count)] for uniform in self._uniforms] if pairs else []

    def fetch(self) -> None:
        """Draw the next chunk ahead; ``drawn`` holds something afterwards if there are pairs."""
        uniforms = self._stream.uniforms(self._chunk)[::-1]
        self._chunk = min(2 * self._chunk, _CHUNK_MAX)
        self._uniforms = uniforms.tolist()
        pairs = self._pairs
        if pairs:
            indices = (uniforms * len(pairs)).astype("i8").tolist()
            self.drawn = list(map(pairs.__getitem__, indices))

    def uniform(self) -> float:
        """The next uniform itself, whose pair then is not handed out."""
        self._forget_used()
        if not self._uniforms:
            self.fetch()
        if self.drawn:
            self.drawn.pop()
        return self._uniforms.pop()

    def _forget_used(self) -> None:
        if self._pairs:
            del self._uniforms[len(self.drawn) :]
