"""Who is out, for how long, and how many may be: the part common to all causes of ejection."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from models.base.errors import SimulationError
from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs
from models.traffic.outlier.config import OutlierConfig
from models.traffic.outlier.verdict import Cause


class Standing(Enum):
    """A member takes traffic, or is kept out of it."""

    IN = "in"
    EJECTED = "ejected"


class Move(Enum):
    """What changes a standing."""

    EJECT = "eject"
    READMIT = "readmit"


TRANSITIONS: Mapping[tuple[Standing, Move], Standing] = MappingProxyType(
    {
        (Standing.IN, Move.EJECT): Standing.EJECTED,
        (Standing.EJECTED, Move.READMIT): Standing.IN,
    }
)


class Record:
    """History of one member's ejections.

    ``multiplier`` is the number of ejections in a row, as good behaviour has worn it down.
    """

    __slots__ = ("cause", "ejected_at", "ejections", "multiplier", "readmitted_at", "standing",
                 "until")  # fmt: skip

    def __init__(self) -> None:
        self.standing = Standing.IN
        self.cause: Cause | None = None
        self.ejections = 0
        self.multiplier = 0
        self.ejected_at: TimeNs | None = None
        self.until: TimeNs | None = None
        self.readmitted_at: TimeNs | None = None

    def move(self, move: Move) -> None:
        """Change the standing.

        Raises:
            SimulationError: an ejected member is ejected, or one that is in readmitted.
        """
        standing = TRANSITIONS.get((self.standing, move))
        if standing is None:
            raise SimulationError(f"a member that is {self.standing.value} cannot {move.value}")
        self.standing = standing


class Ejections:
    """Ejects and readmits members within the limits of the configuration.

    ``overflows`` counts outliers that the limit kept in.

    Source: Envoy ``outlier_detection_impl.cc``; semantics 7.2.
    """

    __slots__ = ("_config", "_records", "_stream", "active", "overflows")

    def __init__(self, config: OutlierConfig, stream: Stream) -> None:
        self._config = config
        self._stream = stream
        self._records: dict[int, Record] = {}
        self.active = 0
        self.overflows = 0

    def add(self, member: int) -> None:
        """Start a clean record."""
        self._records[member] = Record()

    def remove(self, member: int) -> None:
        """Close a record; an ejected member no longer counts against the limit."""
        if self._records.pop(member).standing is Standing.EJECTED:
            self.active -= 1

    def record_of(self, member: int) -> Record:
        """The member's record, to be read."""
        return self._records[member]

    def is_ejected(self, member: int) -> bool:
        """True while the member is out."""
        return self._records[member].standing is Standing.EJECTED

    def try_eject(self, member: int, cause: Cause, enforced_ratio: float, now: TimeNs) -> bool:
        """Eject a member that is in, if the limit and the dice allow it. True if it is out now.

        The limit comes first: only an ejection it allows may cost a draw, and only where some
        but not all are enforced, or where ejections have jitter.
        """
        if not self._allows_another():
            self.overflows += 1
            return False
        if not self._is_enforced(enforced_ratio):
            return False
        record = self._records[member]
        record.move(Move.EJECT)
        self.active += 1
        config = self._config
        if record.multiplier * config.base_ns < config.longest_ns + config.base_ns:
            record.multiplier += 1
        record.cause = cause
        record.ejections += 1
        record.ejected_at = now
        record.until = now + self._sentence(record)
        return True

    def readmit(self, member: int, now: TimeNs) -> None:
        """Let an ejected member back in."""
        record = self._records[member]
        record.move(Move.READMIT)
        self.active -= 1
        record.until = None
        record.readmitted_at = now

    def due(self, now: TimeNs) -> list[int]:
        """Members whose time is up, in the order in which they were added."""
        return [
            member
            for member, record in self._records.items()
            if record.until is not None and record.until <= now
        ]

    def wear_down(self, now: TimeNs) -> None:
        """Take one off the multiplier of each member that has been in for an interval."""
        for record in self._records.values():
            if (
                record.multiplier
                and record.standing is Standing.IN
                and record.readmitted_at is not None
                and now - record.readmitted_at >= self._config.interval_ns
            ):
                record.multiplier -= 1

    def _allows_another(self) -> bool:
        if self._config.always_eject_one and not self.active:
            return True
        return (self.active + 1) / len(self._records) <= self._config.ejected_ratio_max

    def _is_enforced(self, ratio: float) -> bool:
        if ratio in (0.0, 1.0):
            return ratio == 1.0
        return self._stream.uniform() < ratio

    def _sentence(self, record: Record) -> DurationNs:
        config = self._config
        duration = min(config.base_ns * record.multiplier, config.longest_ns)
        if config.jitter_ns_max:
            duration += self._stream.below(config.jitter_ns_max + 1)
        return duration
