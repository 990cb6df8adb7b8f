"""Exit codes: what the shell is told."""

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended.

    ``INTERNAL`` is a defect of ours or a broken conservation law; ``STOPPED`` a spent budget or a
    deadlock.
    """

    OK = 0
    EXPECTATION_FAILED = 1
    BAD_INPUT = 2
    INTERNAL = 3
    STOPPED = 4
    INTERRUPTED = 130
