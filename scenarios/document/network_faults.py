"""Faults of the network and of the registry, as written: between whom, and what."""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.document.distributions import DeterministicDoc, DistributionDoc
from scenarios.document.quantities import ByteRate, Ratio
from scenarios.document.selectors import SelectorDoc
from scenarios.document.shapes import Section, Several

CarriedWord = Literal[
    "requests", "heartbeats", "views", "scrapes", "checks", "jobs", "alerts", "pages", "other"
]
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


class PartitionDoc(BetweenDoc):
    """Nothing comes through between nodes; whoever waits for an answer times out."""


class CertificateExpiryDoc(BetweenDoc):
    """New connections fail: calls are refused; without ``for`` nobody rotates the certificate."""


class StaleDiscoveryDoc(Section):
    """The registry answers callers as it did when the fault struck: write ``{}``."""


class RegistryDownDoc(Section):
    """The registry's process is gone; when it is back it grants every lease anew.

    With ``state: lost`` it has forgotten who is there, until they have announced themselves.
    """

    state: Literal["kept", "lost"] = "kept"
