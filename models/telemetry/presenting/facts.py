"""Which facts each kind of page knows, and the words each of them has.

Every page also knows what it shows under its native names, whose labels are its words; what is
native is open (a process tells of memory only where it has a limit), so only these are listed.
"""

from collections.abc import Mapping

from models.telemetry.presenting.presentation import Target

RESPONSES = "responses"
RESPONSE_DURATION = "response_duration"

PAGE_WORDS = ("instance", "service", "zone", "namespace")
"""Words of every page of an instance or host; the page for all has only the namespace."""

_RESPONSE_WORDS = ("code", "code_class", "caller")

FACTS: Mapping[Target, Mapping[str, tuple[str, ...]]] = {
    Target.INSTANCE: {
        RESPONSES: _RESPONSE_WORDS,
        RESPONSE_DURATION: _RESPONSE_WORDS,
        "http_requests_total": (),
        "http_requests_failed_total": (),
        "http_requests_rejected_total": (),
        "http_requests_in_flight": (),
        "http_queue_length": (),
        "slots": (),
        "process_cpu_cores_busy": (),
        "process_resident_memory_bytes": (),
        "process_out_of_memory_kills_total": (),
        "process_gc_pauses_total": (),
        "process_gc_pause_seconds_total": (),
        "http_client_connections_active": ("service",),
        "http_client_connections_pending": ("service",),
    },
    Target.HOST: {
        "cpu_busy_seconds_total": (),
        "cpu_idle_seconds_total": (),
        "process_resident_memory_bytes": (),
        "process_out_of_memory_kills_total": (),
    },
    Target.CLUSTER: {
        "service_instances": ("service",),
        "service_instances_available": ("service",),
        "instance": PAGE_WORDS,
        "instance_available": PAGE_WORDS,
        "instance_unavailable": PAGE_WORDS,
        "instance_restarts_total": PAGE_WORDS,
        "host_up": PAGE_WORDS,
        "host_down": PAGE_WORDS,
    },
}


def words_of(target: Target, fact: str) -> frozenset[str]:
    """Words that the labels of a metric may take, if it shows that fact."""
    page = PAGE_WORDS if target is not Target.CLUSTER else ("namespace",)
    return frozenset((*page, *FACTS[target].get(fact, ())))
