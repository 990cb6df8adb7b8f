"""What a process finds of its content when it starts again."""

from enum import Enum


class Content(Enum):
    """KEPT: what it had in memory and on disk, as from a snapshot. LOST: none of either."""

    KEPT = "kept"
    LOST = "lost"
