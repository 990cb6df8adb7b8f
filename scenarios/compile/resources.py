"""What an instance works with, from its written form."""

from models.service.resources import MILLI, ResourcesSpec
from scenarios.document.services import ServiceDoc


def resources_of(doc: ServiceDoc) -> ResourcesSpec:
    """Cores, memory, devices and pauses of a service's instances."""
    return ResourcesSpec(
        millicores=None if doc.cores is None else round(doc.cores * MILLI),
    )
