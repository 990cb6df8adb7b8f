"""What every kind of fault is: a frozen value with a name."""

from dataclasses import dataclass
from typing import ClassVar

from models.faults.selector import Selector


class FaultKind:
    """What can be broken. ``name`` is its key in scenario files and its word in records."""

    __slots__ = ()
    name: ClassVar[str]

    @property
    def where(self) -> str:
        """For people: where it is, if its targets do not say so."""
        return ""


@dataclass(frozen=True, slots=True)
class InstanceFault(FaultKind):
    """A fault of chosen instances."""

    target: Selector
