"""What can be broken between nodes: messages, trust, and what the registry tells."""

from dataclasses import dataclass
from enum import Enum

from models.base.distributions import Distribution
from models.faults.content import Content
from models.faults.kind import FaultKind
from models.faults.selector import Selector


class Carried(Enum):
    """What a message is about.

    VIEWS are callers' questions to the registry, CHECKS probes of health, JOBS all mail of job
    scheduling, ALERTS what rules tell Alertmanager, PAGES notifications to people.
    """

    REQUESTS = "requests"
    HEARTBEATS = "heartbeats"
    VIEWS = "views"
    SCRAPES = "scrapes"
    CHECKS = "checks"
    JOBS = "jobs"
    ALERTS = "alerts"
    PAGES = "pages"
    OTHER = "other"


EVERYTHING = frozenset(Carried)
PROBES = frozenset((Carried.HEARTBEATS, Carried.SCRAPES, Carried.CHECKS))


@dataclass(frozen=True, slots=True)
class Between:
    """Which messages: those from the nodes ``one`` to the nodes ``other``, and back.

    None stands for everybody who is not in the other set; None twice for everybody. A forward
    fault (not ``both_ways``) leaves the way back alone.
    """

    one: Selector | None = None
    other: Selector | None = None
    both_ways: bool = True
    carries: frozenset[Carried] = EVERYTHING

    @property
    def words(self) -> str:
        """For people: ``between zone a and service cart``, ``from zone a``, ``everywhere``."""
        one, other = (None if ends is None else ends.words for ends in (self.one, self.other))
        if one and other:
            place = f"between {one} and {other}" if self.both_ways else f"from {one} to {other}"
        elif one:
            place = f"around {one}" if self.both_ways else f"from {one}"
        elif other:
            place = f"around {other}" if self.both_ways else f"to {other}"
        else:
            place = "everywhere"
        if self.carries in (EVERYTHING, PROBES):
            return place
        return f"{place}, only {', '.join(kind.value for kind in Carried if kind in self.carries)}"


@dataclass(frozen=True, slots=True)
class NetworkFault(FaultKind):
    """Any fault of this module: of links, or of the registry."""


@dataclass(frozen=True, slots=True)
class LinkFault(NetworkFault):
    """A fault of the messages between nodes."""

    between: Between

    @property
    def where(self) -> str:
        """For people: between whom."""
        return self.between.words


@dataclass(frozen=True, slots=True)
class Partition(LinkFault):
    """Nothing comes through. A sender learns of it by its own time-out, if it has one."""

    name = "partition"


@dataclass(frozen=True, slots=True)
class PacketLoss(LinkFault):
    """Each message is lost with probability ``ratio``, each by itself."""

    name = "packet_loss"

    ratio: float


@dataclass(frozen=True, slots=True)
class ProbeLoss(LinkFault):
    """Heartbeats and scrapes are lost with probability ``ratio`` while all else flows."""

    name = "probe_loss"

    ratio: float


@dataclass(frozen=True, slots=True)
class PacketDuplication(LinkFault):
    """A share ``ratio`` of messages arrives twice, the second time ``gap`` later.

    A request that arrives twice is served twice; its caller takes the first answer.
    """

    name = "packet_duplication"

    ratio: float
    gap: Distribution


@dataclass(frozen=True, slots=True)
class PacketReordering(LinkFault):
    """A share ``ratio`` of messages is held back by ``delay``, so that later ones overtake."""

    name = "packet_reordering"

    ratio: float
    delay: Distribution


@dataclass(frozen=True, slots=True)
class NetworkLatency(LinkFault):
    """Every message takes that much longer; a law with spread is jitter."""

    name = "network_latency"

    delay: Distribution


@dataclass(frozen=True, slots=True)
class BandwidthCut(LinkFault):
    """Messages go one behind the other through ``bytes_per_s``, by way between two zones."""

    name = "bandwidth_cut"

    bytes_per_s: float


@dataclass(frozen=True, slots=True)
class CertificateExpiry(LinkFault):
    """No connection is made: calls are refused at once, messages of the control plane lost.

    Requests under way when it strikes are still answered.
    """

    name = "certificate_expiry"


@dataclass(frozen=True, slots=True)
class StaleDiscovery(NetworkFault):
    """The registry answers callers as of the instant it struck; it goes on hearing heartbeats."""

    name = "stale_discovery"


@dataclass(frozen=True, slots=True)
class RegistryDown(NetworkFault):
    """The registry's process is gone: it hears, answers and expires nothing.

    When it is back it grants every lease anew. If its ``content`` was LOST it has forgotten who
    is there: callers are told of nobody until instances have announced themselves.
    """

    name = "registry_down"

    content: Content = Content.KEPT
