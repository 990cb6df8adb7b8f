"""Named streams of dice: the same root seed and name give the same words on every machine.

A stream is one sequence of 64-bit words of a PCG64 generator. Every verb takes words from the
front of that sequence, so the order of calls decides what is drawn, and the size of the chunks
in which words are fetched does not. Only raw words are taken from numpy: its distributions may
change between releases, its raw words may not.

One stream serves one component and one purpose; adding a component never shifts another's draws.
What this module leaves out: laws of durations, see :mod:`models.base.samplers`.
"""

from hashlib import blake2b
from typing import TypeAlias

import numpy as np
from numpy.random import PCG64
from numpy.typing import NDArray

from models.base.errors import ConfigError

Words: TypeAlias = NDArray[np.uint64]
Floats: TypeAlias = NDArray[np.float64]

UNIT = 2.0**-53
BELOW_MAX = 2**53

_FIRST_CHUNK = 64
_CHUNK_MAX = 4096
_DIGEST_BYTES = 32
_LOW_BITS = np.uint64(11)
_UNSAFE_FRACTION = 2.0**-51


def unit_floats(words: Words) -> Floats:
    """Map each word to a float in [0, 1): its upper 53 bits as a fraction, exactly."""
    return (words >> _LOW_BITS).astype(np.float64) * UNIT


class Stream:
    """Dice of one component and purpose.

    Args:
        root_seed: the seed of the run; any integer.
        name: what the dice are for, for instance ``demand/frontend``; unique in a run.

    Source: PCG64 (O'Neill 2014) as numpy ships it; the state is seeded with the BLAKE2b digest of
    root seed and name.
    """

    __slots__ = ("_bits", "_chunk", "_uniforms", "_words", "name")

    def __init__(self, root_seed: int, name: str) -> None:
        self.name = name
        label = f"{root_seed}/{name}".encode()
        digest = blake2b(label, digest_size=_DIGEST_BYTES).digest()
        self._bits = PCG64(int.from_bytes(digest, "little"))
        self._chunk = _FIRST_CHUNK
        self._words: Words = np.empty(0, np.uint64)
        self._uniforms: list[float] = []

    def uniform(self) -> float:
        """Draw a float in [0, 1), a multiple of 2**-53. Hot path."""
        if not self._uniforms:
            self._refill()
        return self._uniforms.pop()

    def below(self, n: int) -> int:
        """Draw an integer in [0, n), every one exactly as likely. Hot path.

        Takes one word, and another with a chance under n / 2**53.

        Raises:
            ConfigError: n is not in [1, 2**53].

        Source: Lemire 2019, "Fast random integer generation in an interval", with 53-bit words.
        A product in floats settles all but the fractions that rounding could have touched.
        """
        uniform = self._uniforms.pop() if self._uniforms else self.uniform()
        product = uniform * n
        choice = int(product)
        if product - choice > n * _UNSAFE_FRACTION > 0.0:
            return choice
        return self._below_exactly(n, uniform)

    def word(self) -> int:
        """Draw 64 raw bits as an integer in [0, 2**64)."""
        if not self._uniforms:
            self._refill()
        word = int(self._words[-len(self._uniforms)])
        self._uniforms.pop()
        return word

    def words(self, count: int) -> Words:
        """Draw ``count`` words at once, the same as ``count`` calls of :meth:`word`."""
        held = len(self._uniforms)
        if not held:
            return self._raw(count)
        taken = min(held, count)
        start = len(self._words) - held
        head = self._words[start : start + taken]
        del self._uniforms[held - taken :]
        if taken == count:
            return head.copy()
        return np.concatenate((head, self._raw(count - taken)))

    def uniforms(self, count: int) -> Floats:
        """Draw ``count`` floats at once, the same as ``count`` calls of :meth:`uniform`."""
        return unit_floats(self.words(count))

    def _below_exactly(self, n: int, uniform: float) -> int:
        if not 0 < n <= BELOW_MAX:
            raise ConfigError(f"cannot draw below {n}; the bound must be in [1, 2**53]")
        while True:
            choice, remainder = divmod(int(uniform * BELOW_MAX) * n, BELOW_MAX)
            if remainder >= BELOW_MAX % n:
                return choice
            uniform = self.uniform()

    def _raw(self, count: int) -> Words:
        return np.asarray(self._bits.random_raw(count), dtype=np.uint64)

    def _refill(self) -> None:
        self._words = self._raw(self._chunk)
        self._uniforms = unit_floats(self._words)[::-1].tolist()
        self._chunk = min(2 * self._chunk, _CHUNK_MAX)
