"""What a server reads off a request: its criticality, its tenant, and until when it is wanted."""

from models.base.time import TimeNs
from models.traffic.deadline import NO_DEADLINE
from models.traffic.shedding.priority import Criticality
from sim.nodes.attempt import Attempt

NO_TENANT = 0
"""Tenant of a request whose source names none."""


def criticality_of(attempt: Attempt) -> Criticality:
    """Class of importance, by default CRITICAL; it travels with the request."""
    level: Criticality = getattr(attempt.request, "priority", Criticality.CRITICAL)
    return level


def tenant_of(attempt: Attempt) -> int:
    """Number of the tenant on whose behalf the request is made."""
    tenant: int = getattr(attempt.request, "tenant", NO_TENANT)
    return tenant


def deadline_of(attempt: Attempt) -> TimeNs:
    """When the caller gives up this try or its call, or the user the whole request, if sooner.

    It is sent along as the time that remains; how long the message took is lost to it.
    """
    deadline: TimeNs = min(
        getattr(attempt.request, "deadline_ns", NO_DEADLINE),
        getattr(attempt, "deadline_ns", NO_DEADLINE),
    )
    timeout_ns = attempt.channel.timeout_ns
    return min(deadline, attempt.start_ns + timeout_ns) if timeout_ns else deadline
