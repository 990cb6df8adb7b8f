"""Message queues: brokers and consumers that exist, and the sources that deliver."""

from collections.abc import Sequence

from models.service.spec import ServiceSpec
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from models.storage.message_queue import MessageQueueConfig
from scenarios.compile.findings import Findings
from scenarios.compile.services import resolve_call
from scenarios.document.scenario import ScenarioDoc
from scenarios.document.services import ServiceDoc
from scenarios.document.stores import MessageQueueDoc
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted
from sim.blueprint import QueueSpec

_NO_LOAD = RateProfile((0,), (0.0,))


def compile_queues(
    document: ScenarioDoc, services: Sequence[ServiceSpec], findings: Findings
) -> tuple[tuple[QueueSpec, ...], tuple[SourceSpec, ...]]:
    """All queues in the order of the file, each with its source, where the broker is."""
    queues, sources = [], []
    zones = {service.name: [copy.zone for copy in service.instances] for service in services}
    for name, doc in document.queues.items():
        path: KeyPath = ("queues", name)
        for section, names in (("services", document.services), ("traffic", document.traffic)):
            if name in names:
                findings.at_key(path, f"{quoted(name)} is also a name under {section}")
        broker = resolve_call(doc.from_, (*path, "from"), document, findings)
        consumer = resolve_call(doc.to, (*path, "to"), document, findings)
        if broker is None or consumer is None:
            continue
        _check_broker(document.services[broker.service], (*path, "from"), findings)
        queues.append(QueueSpec(name, broker.service, broker.endpoint, doc.consumers, _config(doc)))
        zone = next(iter(zones[broker.service]), "")
        mix = (MixEntry(consumer.endpoint, 1.0),)
        sources.append(SourceSpec(name, consumer.service, mix, _NO_LOAD, zone))
    return tuple(queues), tuple(sources)


def _check_broker(doc: ServiceDoc, path: KeyPath, findings: Findings) -> None:
    if any(endpoint.cache is not None for endpoint in doc.endpoints.values()):
        findings.at_value(path, "a broker cannot have caches")
    if doc.replication is not None:
        findings.at_value(path, "a broker cannot be a database")


def _config(doc: MessageQueueDoc) -> MessageQueueConfig:
    return MessageQueueConfig(
        visibility_ns=doc.visibility,
        delay_ns=doc.redelivery_delay,
        receives_max=doc.max_receives,
        retention_ns=doc.retention,
        capacity=doc.capacity,
    )
