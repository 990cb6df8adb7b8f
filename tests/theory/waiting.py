"""Cases that nothing of ours can be scored on yet, each with its reason. None is left out."""

import re
from dataclasses import dataclass

from tests.theory.cases import Case


@dataclass(frozen=True)
class Reason:
    """Why the cases whose id matches ``pattern`` as a whole are not scored."""

    pattern: str
    why: str


_STAGES = "the world promotes no replica behind a name with a time to live yet"
_SCHEDULING = "belongs to scheduling: cron and locks"
_CAPACITY = "belongs to capacity, cost and scaling"
_CONTINUITY = "belongs to backup and disaster recovery"
_DETECTION = "belongs to failure detectors: phi accrual, SWIM"

REASONS = (
    Reason(r"rto-max", _STAGES),
    Reason(r"mttdl-3-2", "one loss takes 2 million failures: 10^9 events for an interval of 15 %"),
    Reason(r"avail-serial", "arithmetic that no adviser does yet"),
    Reason(r"cron-.*|lease-pause", _SCHEDULING),
    Reason(r"capacity-.*|cost-.*|hpa-.*|scale-.*", _CAPACITY),
    Reason(r"backup-.*|restore-.*|rpo-.*", _CONTINUITY),
    Reason(r"phi-.*|swim-.*", _DETECTION),
)


def reason_of(case: Case) -> str | None:
    """Why the case waits; None if it does not."""
    for reason in REASONS:
        if re.fullmatch(reason.pattern, case.id):
            return reason.why
    return None
