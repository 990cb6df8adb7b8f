"""Laws over the keys of some content, as frozen values; drawn from in :mod:`.popularity`."""

from dataclasses import dataclass

KEYS_MAX = 10_000_000


@dataclass(frozen=True, slots=True)
class KeyLaw:
    """``count`` keys; key k is asked for in proportion to (k + 1) ** -exponent.

    An exponent of 0 makes all keys alike; web pages and products are near 0.7 to 1.1 (Zipf).
    """

    count: int
    exponent: float = 0.0
