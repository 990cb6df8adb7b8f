"""Which key is asked for: laws over the keys 0, 1, 2, ... of some content.

Key 0 is the most popular. Draws use exact operations alone, so they are the same on every
machine; they come from a chain of chunks, as those of :mod:`models.base.samplers`.
"""

import math
from collections.abc import Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from models.base.errors import ConfigError
from models.base.keys import KEYS_MAX, KeyLaw
from models.base.portable import exp_array, ln_array
from models.base.streams import Stream

_SPREAD = 0x9E37_79B9_7F4A_7C15
_WORD = 1 << 64

_FIRST_CHUNK = 16
_CHUNK_MAX = 4096


def shares(law: KeyLaw) -> NDArray[np.float64]:
    """Share of the requests that asks for each key, in the order of the keys; they sum to 1.

    Raises:
        ConfigError: not 1 <= count <= 10^7, or an exponent that is negative or not finite.
    """
    weights = _weights(law)
    return np.asarray(weights / weights.sum(), np.float64)


def is_absent(key: int, ratio: float) -> bool:
    """True for about ``ratio`` of all keys, spread over the popular and the rare alike.

    Source: multiplicative hashing by the golden ratio (Knuth, volume 3, section 6.4).
    """
    return (key + 1) * _SPREAD % _WORD < ratio * _WORD


def make_keys(law: KeyLaw, stream: Stream) -> Iterator[int]:
    """The endless sequence of keys asked for; it owns ``stream`` from now on.

    Raises:
        ConfigError: as :func:`shares`.

    Source: inversion of the discrete law; one word per draw.
    """
    return chain.from_iterable(_chunks(np.cumsum(_weights(law)), stream))


def _weights(law: KeyLaw) -> NDArray[np.float64]:
    if not 1 <= law.count <= KEYS_MAX:
        raise ConfigError(f"keys: count must be in [1, {KEYS_MAX:,}], not {law.count}")
    if not 0.0 <= law.exponent < math.inf:
        raise ConfigError(f"keys: exponent must be finite and not negative, not {law.exponent}")
    if law.exponent == 0.0:
        return np.ones(law.count)
    return exp_array(-law.exponent * ln_array(np.arange(1.0, law.count + 1.0)))


def _chunks(cumulative: NDArray[np.float64], stream: Stream) -> Iterator[list[int]]:
    size, last = _FIRST_CHUNK, len(cumulative) - 1
    while True:
        points = stream.uniforms(size) * cumulative[-1]
        yield np.minimum(np.searchsorted(cumulative, points, side="right"), last).tolist()
        size = min(2 * size, _CHUNK_MAX)
