"""The syntax tree of a template, as frozen values. ``place`` is an offset into its text."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is written down."""

    value: float | int | bool | str | None
    place: int


@dataclass(frozen=True, slots=True)
class Field:
    """Fields of the dot, one of another; without a path the dot itself."""

    path: tuple[str, ...]
    place: int


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, or fields of it."""

    name: str
    path: tuple[str, ...]
    place: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function by its name."""

    name: str
    place: int


@dataclass(frozen=True, slots=True)
class Nested:
    """A pipeline in parentheses, or fields of its result."""

    pipeline: "Pipeline"
    path: tuple[str, ...]
    place: int


Operand: TypeAlias = Constant | Field | Variable | Function | Nested


@dataclass(frozen=True, slots=True)
class Command:
    """A function and its arguments, or one operand alone."""

    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands, each handed the result of the one before as its last argument.

    ``names`` are the variables that take the result; ``is_new`` when they are declared by it.
    """

    commands: tuple[Command, ...]
    names: tuple[str, ...]
    is_new: bool
    place: int


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stays as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """A pipeline whose result is written, unless variables take it."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class If:
    """One of two blocks."""

    pipeline: Pipeline
    then: "Block"
    otherwise: "Block"


@dataclass(frozen=True, slots=True)
class With:
    """One of two blocks; the dot of the first is what the pipeline gave."""

    pipeline: Pipeline
    then: "Block"
    otherwise: "Block"


@dataclass(frozen=True, slots=True)
class Range:
    """A block for each element, another when there is none."""

    pipeline: Pipeline
    then: "Block"
    otherwise: "Block"


@dataclass(frozen=True, slots=True)
class Break:
    """The end of the innermost range."""


@dataclass(frozen=True, slots=True)
class Continue:
    """On to the next element of the innermost range."""


Node: TypeAlias = Literal | Action | If | With | Range | Break | Continue
Block: TypeAlias = tuple[Node, ...]
