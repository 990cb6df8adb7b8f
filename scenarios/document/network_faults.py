"""Faults of the network and of the registry, as written: between whom, and what."""

from typing import Annotated, Literal

from pydantic import Field, Tag

from scenarios.document.distributions import DeterministicDoc, DistributionDoc
from scenarios.document.quantities import ByteRate, Ratio
from scenarios.document.selectors import FaultTiming, SelectorDoc
from scenarios.document.shapes import Section, Several

CarriedWord = Literal["requests", "heartbeats", "views", "scrapes", "jobs", "pages", "other"]
Share = Annotated[Ratio, Field(gt=0, le=1)]


class WhomDoc(Section):
    """Between whom: without ``to``, all nodes but those of ``from``, and the other way round.

    Without both, all nodes. Besides instances one may name, as services: load sources, and
    `registry`, `monitoring`, `scheduler`, `executor`, `lock` and `runs` where there are such.
    ``direction: forward`` leaves messages from ``to`` to ``from`` alone.
    """

    from_: SelectorDoc | None = Field(default=None, alias="from")
    to: SelectorDoc | None = None
    direction: Literal["both", "forward"] = "both"


class BetweenDoc(WhomDoc):
    """Between whom, and which messages: all, or those that ``only`` lists.

    `views` are callers' questions to the registry, `jobs` the mail of job scheduling, `pages`
    notifications to people.
    """

    only: Annotated[Several[CarriedWord], Field(min_length=1)] | None = None


class LossDoc(BetweenDoc):
    """Between whom, and which share of messages is lost, each by itself."""

    ratio: Share


class ProbeLossDoc(WhomDoc):
    """Between whom, and which share of heartbeats and scrapes is lost."""

    ratio: Share = 1.0


class DuplicationDoc(BetweenDoc):
    """Between whom, which share of messages arrives twice, and how long after the first."""

    ratio: Share
    gap: DistributionDoc = DeterministicDoc.model_construct(dist="deterministic", value=1_000_000)


class ReorderingDoc(BetweenDoc):
    """Between whom, which share of messages is held back, and how long."""

    ratio: Share
    delay: DistributionDoc


class NetworkLatencyDoc(BetweenDoc):
    """Between whom, and how much longer each message takes; a law with spread is jitter."""

    delay: DistributionDoc


class BandwidthDoc(BetweenDoc):
    """Between whom, and how many bytes per second go each way between two zones."""

    rate: Annotated[ByteRate, Field(gt=0)]


class NothingDoc(Section):
    """Nothing to say: write ``{}``."""


class NetworkFaultSection(FaultTiming):
    """A fault of the network or of the registry."""


class PartitionFault(NetworkFaultSection):
    """Nothing comes through between nodes; whoever waits for an answer times out."""

    partition: BetweenDoc


class PacketLossFault(NetworkFaultSection):
    """A share of messages is lost."""

    packet_loss: LossDoc


class ProbeLossFault(NetworkFaultSection):
    """Heartbeats and scrapes are lost while all other messages flow."""

    probe_loss: ProbeLossDoc


class PacketDuplicationFault(NetworkFaultSection):
    """A share of messages arrives twice; a request that does is served twice."""

    packet_duplication: DuplicationDoc


class PacketReorderingFault(NetworkFaultSection):
    """A share of messages is held back, so that later ones overtake them."""

    packet_reordering: ReorderingDoc


class NetworkLatencyFault(NetworkFaultSection):
    """Messages take longer on their way."""

    network_latency: NetworkLatencyDoc


class BandwidthCutFault(NetworkFaultSection):
    """Messages go through a narrow pipe, one behind the other, each as long as its size says."""

    bandwidth_cut: BandwidthDoc


class CertificateExpiryFault(NetworkFaultSection):
    """New connections fail: calls are refused; without ``for`` nobody rotates the certificate."""

    certificate_expiry: BetweenDoc


class StaleDiscoveryFault(NetworkFaultSection):
    """The registry answers callers as it did when the fault struck."""

    stale_discovery: NothingDoc


class RegistryDownFault(NetworkFaultSection):
    """The registry's process is gone; when it is back it grants every lease anew."""

    registry_down: NothingDoc


NETWORK_FAULT_KINDS = (
    "partition",
    "packet_loss",
    "probe_loss",
    "packet_duplication",
    "packet_reordering",
    "network_latency",
    "bandwidth_cut",
    "certificate_expiry",
    "stale_discovery",
    "registry_down",
)
NetworkFaultDoc = (
    Annotated[PartitionFault, Tag("<partition")]
    | Annotated[PacketLossFault, Tag("<packet_loss")]
    | Annotated[ProbeLossFault, Tag("<probe_loss")]
    | Annotated[PacketDuplicationFault, Tag("<packet_duplication")]
    | Annotated[PacketReorderingFault, Tag("<packet_reordering")]
    | Annotated[NetworkLatencyFault, Tag("<network_latency")]
    | Annotated[BandwidthCutFault, Tag("<bandwidth_cut")]
    | Annotated[CertificateExpiryFault, Tag("<certificate_expiry")]
    | Annotated[StaleDiscoveryFault, Tag("<stale_discovery")]
    | Annotated[RegistryDownFault, Tag("<registry_down")]
)
