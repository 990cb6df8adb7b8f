"""Hashes that are the same on every machine: of request keys, and of members.

Envoy hashes with xxHash64 and MurmurHash2, which need a library. Here a member's places come
from BLAKE2b, and a key is mixed with whole-number arithmetic. So the spread is as even, but no
key lands where Envoy would put it.
"""

from collections.abc import Iterator
from hashlib import blake2b
from itertools import count, islice
from struct import Struct

_MASK = 0xFFFF_FFFF_FFFF_FFFF
_EIGHT_WORDS = Struct("<8Q")


def mix(key: int) -> int:
    """Spread the lowest 64 bits of a key over [0, 2**64); different keys stay different.

    Source: the finaliser of SplitMix64 (Steele, Lea, Flood 2014), variant 13 of Stafford, after
    one step of its increment, so that key 0 does not stay 0.
    """
    z = (key + 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def key_of(text: str) -> int:
    """Make a key in [0, 2**64) of a text, for instance a session or a tenant."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def words_of(label: str, amount: int) -> list[int]:
    """The first ``amount`` of an endless row of 64-bit words that belongs to a label.

    A shorter row is always the beginning of a longer one.
    """
    return list(islice(_words(label), amount))


def _words(label: str) -> Iterator[int]:
    for block in count():
        yield from _EIGHT_WORDS.unpack(blake2b(f"{label}/{block}".encode()).digest())
