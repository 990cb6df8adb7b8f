"""What an instance announces about itself, and what the registry holds of it.

A status moves only along ``TRANSITIONS``. An instance leaves ``STARTING`` once per life: it goes
back there only by announcing itself under a higher incarnation.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

InstanceId: TypeAlias = str
ServiceName: TypeAlias = str
Revision: TypeAlias = int


class Status(StrEnum):
    """Whether an instance wants traffic; callers are only ever given those that are ``UP``."""

    STARTING = "starting"
    UP = "up"
    DOWN = "down"
    OUT_OF_SERVICE = "out_of_service"


TRANSITIONS = MappingProxyType(
    {
        Status.STARTING: frozenset({Status.UP, Status.DOWN, Status.OUT_OF_SERVICE}),
        Status.UP: frozenset({Status.DOWN, Status.OUT_OF_SERVICE}),
        Status.DOWN: frozenset({Status.UP, Status.OUT_OF_SERVICE}),
        Status.OUT_OF_SERVICE: frozenset({Status.UP, Status.DOWN}),
    }
)
"""From each status, the statuses it may move to. Staying where it is is no move."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What one incarnation of an instance says about itself.

    ``incarnation`` grows with every new life of the same instance id, and with every change of
    what it announces. ``endpoints`` are the names of what it serves at ``address``. ``weight``
    is a share of traffic relative to its siblings.
    """

    instance: InstanceId
    service: ServiceName
    zone: str
    incarnation: int = 1
    address: str = ""
    endpoints: tuple[str, ...] = ()
    version: str = ""
    weight: int = 1
    metadata: tuple[tuple[str, str], ...] = ()
    status: Status = Status.UP


@dataclass(frozen=True, slots=True)
class Member:
    """A registered instance, as of ``revision``: the change that last touched it.

    ``status`` is the current one; ``registration.status`` is where its incarnation began.
    """

    registration: Registration
    status: Status
    revision: Revision

    @property
    def instance(self) -> InstanceId:
        """Id of the instance."""
        return self.registration.instance

    @property
    def service(self) -> ServiceName:
        """Service it is a copy of."""
        return self.registration.service

    @property
    def incarnation(self) -> int:
        """Which life of the instance this is."""
        return self.registration.incarnation
