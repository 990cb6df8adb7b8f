"""One link: the latencies of its messages, and the rules of faults that hold it.

A link on which nothing is broken is plain: whoever sends takes the next of ``latencies`` and is
done. While a fault holds it, messages go through :meth:`Link.arrivals`, where rules speak.
"""

from collections.abc import Iterator

from models.base.samplers import Sampler
from models.base.time import DurationNs, TimeNs
from models.faults.network import Carried
from sim.network.rules import Judge, Rule, Scope, Way

CONTROL_BYTES = 512
"""Size of a message of the control plane, and of an answer that is only an error."""


class Link:
    """One direction between two zones, for messages of one purpose.

    ``latencies`` is the endless sequence of them, in nanoseconds, one for each message. While
    ``is_plain`` a message takes just that. ``cuts`` counts the outages that hold the link: while
    there is one, messages vanish without a trace.
    """

    __slots__ = ("_handshakes", "_rules", "cuts", "is_plain", "latencies", "way")

    def __init__(self, way: Way, latency: Sampler, cuts: int = 0) -> None:
        self.way = way
        self.latencies: Iterator[DurationNs] = latency.draws
        self.cuts = cuts
        self._rules: list[tuple[Rule, Judge]] = []
        self._handshakes: list[Scope] = []
        self.is_plain = cuts == 0

    @property
    def is_cut(self) -> bool:
        """True while an outage holds the link."""
        return self.cuts > 0

    def cut(self) -> None:
        """Lose every message from now on; cuts by several faults add up."""
        self.cuts += 1
        self._refresh()

    def mend(self) -> None:
        """Undo one :meth:`cut`."""
        self.cuts -= 1
        self._refresh()

    def impose(self, rule: Rule) -> None:
        """Let a rule speak from now on, behind those of its stage and of stages before."""
        self._rules.append((rule, rule.judge_on(self.way)))
        self._rules.sort(key=lambda entry: entry[0].stage)
        self._refresh()

    def lift(self, rule: Rule) -> None:
        """Undo one :meth:`impose`."""
        self._rules = [entry for entry in self._rules if entry[0] is not rule]
        self._refresh()

    def distrust(self, scope: Scope) -> None:
        """Let no connection be made in that scope."""
        self._handshakes.append(scope)
        self._refresh()

    def trust(self, scope: Scope) -> None:
        """Undo one :meth:`distrust`."""
        self._handshakes.remove(scope)
        self._refresh()

    def refuses(self, sender: int, receiver: int, carried: Carried) -> bool:
        """Whether the two cannot connect although messages would come through."""
        return any(scope.concerns(sender, receiver, carried) for scope in self._handshakes)

    def arrivals(
        self, sender: int, receiver: int, carried: Carried, size_bytes: int, now: TimeNs
    ) -> list[TimeNs]:
        """When the copies of a message sent now arrive: none, one, or several.

        Every message takes its latency from the sequence, lost or not, so that rules shift no
        other message's; only a cut link draws nothing.
        """
        if self.cuts:
            return []
        instants = [now]
        for rule, judge in self._rules:
            if rule.scope.concerns(sender, receiver, carried):
                instants = [
                    instant + later for instant in instants for later in judge(size_bytes, instant)
                ]
        latency = next(self.latencies)
        return [instant + latency for instant in instants]

    def _refresh(self) -> None:
        self.is_plain = not (self.cuts or self._rules or self._handshakes)
