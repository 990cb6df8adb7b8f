"""The gate of one instance: asks its shedders who may wait, and who is still worth serving."""

from models.base.outcome import Outcome
from models.base.time import DurationNs, TimeNs
from models.service.queueing import SheddingSpec, StandingQueue, StandingQueueSpec
from models.traffic.estimate import MovingAverage
from models.traffic.shedding.codel import Codel, CodelConfig
from models.traffic.shedding.controlled_delay import ControlledDelay
from models.traffic.shedding.deadline import DeadlineShedder, Fate
from models.traffic.shedding.priority import Criticality, PriorityConfig, PriorityShedder
from sim.nodes.attempt import Attempt
from sim.nodes.queueing.marks import criticality_of, deadline_of

_ESTIMATE_WEIGHT = 0.1
"""Of the newest service time in the average that says what cannot finish in time."""
_OK = Outcome.OK
_OUTCOME_OF = {Fate.SERVE: _OK, Fate.EXPIRED: Outcome.EXPIRED, Fate.HOPELESS: Outcome.SHED}


class Gate:
    """Answers OK, or how the request ends: SHED, or EXPIRED if its deadline has passed.

    ``measures`` is True where it wants to be told how long each service took.
    """

    __slots__ = ("_codel", "_deadlines", "_delay", "_latest", "_priorities", "measures")

    def __init__(self, spec: SheddingSpec, *, queue_limit: int, slots: int) -> None:
        self.measures = spec.drops_hopeless
        self._deadlines: DeadlineShedder | None = None
        if spec.drops_expired or spec.drops_hopeless:
            estimate = MovingAverage(_ESTIMATE_WEIGHT) if spec.drops_hopeless else None
            self._deadlines = DeadlineShedder(estimate, slots=slots)
        self._codel: Codel | None = None
        self._delay: ControlledDelay | None = None
        if spec.standing is not None:
            self._watch(spec.standing)
        self._latest: dict[int, TimeNs] = {}
        self._priorities: PriorityShedder | None = None
        if spec.priority_shares is not None:
            shares = dict(zip(Criticality, spec.priority_shares, strict=True))
            self._priorities = PriorityShedder(PriorityConfig(queue_limit, shares))

    def _watch(self, spec: StandingQueueSpec) -> None:
        config = CodelConfig(spec.target_ns, spec.interval_ns)
        if spec.law is StandingQueue.CODEL:
            self._codel = Codel(config)
        else:
            self._delay = ControlledDelay(config)

    def at_arrival(
        self, attempt: Attempt, now: TimeNs, waiting: int, ahead: int, *, is_idle: bool
    ) -> Outcome:
        """Judge a request that would join ``waiting`` others, ``ahead`` of them before it."""
        if self._priorities is not None and not self._priorities.admits(
            criticality_of(attempt), waiting
        ):
            return Outcome.SHED
        if self.measures and self._deadlines is not None:
            fate = self._deadlines.at_arrival(now, deadline_of(attempt), ahead, is_idle=is_idle)
            if fate is not Fate.SERVE:
                return _OUTCOME_OF[fate]
        return _OK

    def joined(self, attempt: Attempt, now: TimeNs) -> None:
        """A request has joined the queue."""
        if self._delay is not None:
            self._latest[attempt.id] = now + self._delay.wait_ns_max(now)

    def at_dequeue(self, attempt: Attempt, now: TimeNs, since: TimeNs, left: int) -> Outcome:
        """Judge a request whose turn has come: it waited since ``since``, ``left`` others wait."""
        latest = self._latest.pop(attempt.id, now)
        if self._deadlines is not None:
            fate = self._deadlines.at_dequeue(now, deadline_of(attempt))
            if fate is not Fate.SERVE:
                return _OUTCOME_OF[fate]
        if self._codel is not None and self._codel.drops(now, since, left):
            return Outcome.SHED
        return Outcome.SHED if now > latest else _OK

    def left_early(self, attempt: Attempt) -> None:
        """One that waited has left before its turn."""
        self._latest.pop(attempt.id, None)

    def changed(self, waiting: int, now: TimeNs) -> None:
        """The queue holds ``waiting`` requests from ``now`` on."""
        if self._delay is not None:
            self._delay.changed(waiting, now)

    def found_empty(self) -> None:
        """A slot became free and nobody waited for it."""
        if self._codel is not None:
            self._codel.emptied()

    def served(self, service_ns: DurationNs) -> None:
        """A request held its slot so long."""
        if self._deadlines is not None:
            self._deadlines.served(service_ns)

    def restarted(self, now: TimeNs) -> None:
        """The process died, and the queue with it; what was learnt of service times stays."""
        self._latest.clear()
        self.changed(0, now)
        self.found_empty()
