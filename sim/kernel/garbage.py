"""Rarer searches for reference cycles while a world runs.

The world's own objects form no new cycles once it is built, so the collector would look through
every live request thousands of times and find nothing. Users' processes may make some, so it is
slowed down, not switched off.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG_OBJECTS = 200_000


@contextmanager
def rarer_collection() -> Iterator[None]:
    """Raise the collector's first threshold, set the present objects aside, restore both."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, before[1], before[2])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
