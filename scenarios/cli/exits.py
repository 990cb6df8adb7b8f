"""Exit codes, and which error ends in which."""

from enum import IntEnum

from models.records.record import Verdict


class Exit(IntEnum):
    """What the shell is told."""

    OK = 0
    EXPECTATION_FAILED = 1
    BAD_INPUT = 2
    INTERNAL = 3
    STOPPED = 4
    INTERRUPTED = 130


EXIT_OF_VERDICT = {
    Verdict.PASSED: Exit.OK,
    Verdict.FAILED: Exit.EXPECTATION_FAILED,
    Verdict.STOPPED: Exit.STOPPED,
}
