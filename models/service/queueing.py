"""How the requests that wait for a slot are ordered, and which of them are not worth serving."""

from dataclasses import dataclass
from enum import Enum

from models.base.distributions import Distribution
from models.base.time import NS_PER_MS, DurationNs


class Discipline(Enum):
    """Who is served next. Processor sharing has no next: everyone is served, more slowly."""

    FIFO = "fifo"
    LIFO = "lifo"
    ADAPTIVE_LIFO = "adaptive_lifo"
    PRIORITY = "priority"
    ROUND_ROBIN = "round_robin"
    PROCESSOR_SHARING = "processor_sharing"


@dataclass(frozen=True, slots=True)
class TurnOver:
    """When adaptive LIFO turns to the newest: at ``length_from`` waiting, or standing so long.

    It turns back at ``length_back`` waiting. 0 leaves a sign out.
    """

    length_from: int = 0
    standing_ns: DurationNs = 100 * NS_PER_MS
    length_back: int = 0


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """The order of a queue.

    ``preempts`` lets a more important request take the slot of a less important one, whose work
    goes on later from where it was; ``tenant_weights`` are turns per round by tenant, 1 for those
    not named; ``patience`` is how long a caller stays in the queue before hanging up.
    """

    discipline: Discipline = Discipline.FIFO
    turn_over: TurnOver = TurnOver()
    preempts: bool = False
    tenant_weights: tuple[tuple[int, int], ...] = ()
    patience: Distribution | None = None


class StandingQueue(Enum):
    """Which law bounds the wait in a queue that stands: CoDel's drops, or a shorter patience."""

    CODEL = "codel"
    CONTROLLED_DELAY = "controlled_delay"


@dataclass(frozen=True, slots=True)
class StandingQueueSpec:
    """A queue that has stood longer than ``interval_ns`` is cut back to waits of ``target_ns``."""

    law: StandingQueue
    target_ns: DurationNs = 5 * NS_PER_MS
    interval_ns: DurationNs = 100 * NS_PER_MS


@dataclass(frozen=True, slots=True)
class SheddingSpec:
    """Which requests are dropped although there is room for them.

    ``drops_expired``: the caller's deadline has passed when the turn comes; ``drops_hopeless``:
    it would pass before the work is done, as far as recent service times tell.
    ``priority_shares`` are the shares of the queue that the four classes of criticality may
    fill, least important first.
    """

    drops_expired: bool = False
    drops_hopeless: bool = False
    standing: StandingQueueSpec | None = None
    priority_shares: tuple[float, float, float, float] | None = None

    @property
    def is_on(self) -> bool:
        """True if anything is ever dropped."""
        return (
            self.drops_expired
            or self.drops_hopeless
            or self.standing is not None
            or self.priority_shares is not None
        )
