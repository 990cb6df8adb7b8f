"""The protected resource's half of fencing: remember the highest token, refuse lower ones."""


class FencedResource:
    """Accepts work only under the highest fencing token it has ever seen, or a higher one.

    An equal token is the same holder again and passes. Without this check a holder that was
    paused past its lease writes after its successor.

    Source: semantics.md 9.7.
    """

    __slots__ = ("_highest",)

    def __init__(self, highest: int = 0) -> None:
        """Start from a token seen before; tokens are positive, so 0 is none."""
        self._highest = highest

    @property
    def highest(self) -> int:
        """Highest token accepted, 0 before the first."""
        return self._highest

    def check(self, token: int) -> bool:
        """Whether work under ``token`` may proceed; remembers it if so."""
        if token < self._highest:
            return False
        self._highest = token
        return True
