"""Rules of a broken network: each speaks about the messages in its scope, in order.

A rule is asked once for each message and answers with a verdict: for every copy that goes on, how
much later than otherwise. ``()`` drops the message, ``(0,)`` lets it pass, ``(d,)`` delivers after
d more, ``(0, d)`` doubles it. Later rules are asked about each copy. Blocks speak first, then
pipes, then the others as they came, so that what is blocked fills no pipe, and what is lost on
the way has filled it. Every rule draws from streams of its own, one for each link.

Source: turmoil ``rule.rs`` (ordered rules with verdicts); differs in that all rules speak, so
that faults on one way add up. netem: loss, duplicate, reorder, delay, rate.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, TypeAlias

from models.base.distributions import Distribution
from models.base.samplers import make_sampler
from models.base.streams import Stream
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.faults.network import Carried

Verdict: TypeAlias = tuple[DurationNs, ...]
Judge: TypeAlias = Callable[[int, TimeNs], Verdict]
"""Given a message's size in bytes and when it is sent, its verdict."""
Streams: TypeAlias = Callable[[str], Stream]

LOST: Verdict = ()
PASSED: Verdict = (0,)


class Way(NamedTuple):
    """One direction between two zones, for one purpose."""

    here: str
    there: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Messages from one set of nodes to another, and back if it is ``both_ways``."""

    senders: frozenset[int]
    receivers: frozenset[int]
    carries: frozenset[Carried] = frozenset(Carried)
    both_ways: bool = True

    def concerns(self, sender: int, receiver: int, carried: Carried) -> bool:
        """Whether such a message is in the scope."""
        if carried not in self.carries:
            return False
        if sender in self.senders and receiver in self.receivers:
            return True
        return self.both_ways and receiver in self.senders and sender in self.receivers


class Rule(ABC):
    """What happens to messages in a scope. ``stage`` orders the kinds, 0 first."""

    stage: ClassVar[int] = 2

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    @abstractmethod
    def judge_on(self, way: Way) -> Judge:
        """The rule as it speaks on one link."""


class Block(Rule):
    """A partition: nothing comes through."""

    stage = 0

    def judge_on(self, way: Way) -> Judge:  # noqa: ARG002 - the same everywhere
        """Drop."""
        return lambda _size, _now: LOST


class Pipe(Rule):
    """A narrow link: messages go through it one behind the other, at ``bytes_per_s``.

    All messages of the scope that go the same way between two zones share it.
    """

    stage = 1

    def __init__(self, scope: Scope, bytes_per_s: float) -> None:
        super().__init__(scope)
        self._ns_per_byte = NS_PER_S / bytes_per_s
        self._free_at: dict[tuple[str, str], TimeNs] = {}

    def judge_on(self, way: Way) -> Judge:
        """Wait until the pipe is free, then take as long as the size says."""
        free_at, ns_per_byte = self._free_at, self._ns_per_byte
        place = (way.here, way.there)

        def judge(size_bytes: int, now: TimeNs) -> Verdict:
            through = max(now, free_at.get(place, 0)) + int(size_bytes * ns_per_byte)
            free_at[place] = through
            return (through - now,)

        return judge


class _Drawing(Rule):
    """A rule with dice; ``streams(name)`` are its own."""

    def __init__(self, scope: Scope, streams: Streams) -> None:
        super().__init__(scope)
        self._streams = streams

    def _stream(self, what: str, way: Way) -> Stream:
        return self._streams(f"{what}/{way.purpose}/{way.here}->{way.there}")


class Loss(_Drawing):
    """Each message is lost with probability ``ratio``, each by itself."""

    def __init__(self, scope: Scope, streams: Streams, ratio: float) -> None:
        super().__init__(scope, streams)
        self._ratio = ratio

    def judge_on(self, way: Way) -> Judge:
        """Drop or pass."""
        ratio, uniform = self._ratio, self._stream("loss", way).uniform
        return lambda _size, _now: LOST if uniform() < ratio else PASSED


class Delay(_Drawing):
    """Every message takes that much longer; later ones may overtake it where the law varies."""

    def __init__(self, scope: Scope, streams: Streams, delay: Distribution) -> None:
        super().__init__(scope, streams)
        self._delay = delay

    def judge_on(self, way: Way) -> Judge:
        """Deliver later."""
        draw = make_sampler(self._delay, self._stream("delay", way)).draw
        return lambda _size, _now: (draw(),)


class Reordering(_Drawing):
    """A share of messages is held back, so that later ones overtake them."""

    def __init__(
        self, scope: Scope, streams: Streams, ratio: float, hold_back: Distribution
    ) -> None:
        super().__init__(scope, streams)
        self._ratio = ratio
        self._hold_back = hold_back

    def judge_on(self, way: Way) -> Judge:
        """Pass or deliver later."""
        ratio, uniform = self._ratio, self._stream("reorder", way).uniform
        draw = make_sampler(self._hold_back, self._stream("hold back", way)).draw
        return lambda _size, _now: (draw(),) if uniform() < ratio else PASSED


class Duplication(_Drawing):
    """A share of messages arrives a second time, ``gap`` after the first."""

    def __init__(self, scope: Scope, streams: Streams, ratio: float, gap: Distribution) -> None:
        super().__init__(scope, streams)
        self._ratio = ratio
        self._gap = gap

    def judge_on(self, way: Way) -> Judge:
        """Pass once or twice."""
        ratio, uniform = self._ratio, self._stream("duplicate", way).uniform
        draw = make_sampler(self._gap, self._stream("gap", way)).draw
        return lambda _size, _now: (0, draw()) if uniform() < ratio else PASSED
