"""Outlier detection of one caller's members: counts their failures, ejects and readmits them.

Failures in a row are judged as they come, rates once per interval. The detector only says who
is out; whoever carries its word to the balancer marks the member down and up. Whether traffic
may still reach it in panic is the balancer's affair.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.base.time import TimeNs
from models.traffic.outlier.config import OutlierConfig
from models.traffic.outlier.ejections import Ejections
from models.traffic.outlier.rates import (
    RateThreshold,
    Tally,
    failure_share_outliers,
    success_rate_outliers,
)
from models.traffic.outlier.verdict import NOT_EJECTED, VERDICTS, Cause, Verdict

_SUCCESS, _LOCAL, _NOTHING = Verdict.SUCCESS, Verdict.LOCAL_FAILURE, Verdict.NOTHING
_SERVER_ERROR = Verdict.SERVER_ERROR


@dataclass(frozen=True, slots=True)
class OutlierAction:
    """A sweep's word on one member: out, for a cause, or in again where ``cause`` is None."""

    member: int
    cause: Cause | None


@dataclass(frozen=True, slots=True)
class MemberStanding:
    """One member as the detector sees it.

    ``cause`` and ``ejected_at`` are of the last ejection. ``until`` is the first instant at which
    a sweep lets an ejected member in, None while it is in. The three counts are of failures in
    a row.
    """

    member: int
    is_ejected: bool
    cause: Cause | None
    ejections: int
    multiplier: int
    ejected_at: TimeNs | None
    until: TimeNs | None
    in_a_row_5xx: int
    in_a_row_gateway: int
    in_a_row_local: int


@dataclass(frozen=True, slots=True)
class OutlierSnapshot:
    """A detector for reports.

    ``detected`` counts outliers by cause over its whole life, ``enforced`` those it ejected,
    ``overflows`` those that the limit kept in. Thresholds are of the last sweep, None where too
    few members qualified.
    """

    members: tuple[MemberStanding, ...]
    detected: Mapping[Cause, int]
    enforced: Mapping[Cause, int]
    overflows: int
    threshold: RateThreshold | None
    threshold_local: RateThreshold | None


class _Counts:
    """Failures in a row, and the results of the present interval."""

    __slots__ = (
        "gateway", "is_out", "local", "local_ok", "local_total", "ok", "server", "total",
    )  # fmt: skip

    def __init__(self) -> None:
        self.is_out = False
        self.server = self.gateway = self.local = 0
        self.ok = self.total = 0
        self.local_ok = self.local_total = 0

    def start_row(self) -> None:
        self.server = self.gateway = self.local = 0

    def start_interval(self) -> None:
        self.ok = self.total = 0
        self.local_ok = self.local_total = 0


class OutlierDetector:
    """Detects outliers among the members of one edge.

    ``now`` of the constructor starts the intervals: sweeps are due at ``now`` + k intervals. A
    sweep that comes late covers what has passed, once. An interval's counts are those since the
    last sweep. Members are judged in the order in which they were added.

    Source: Envoy ``outlier_detection_impl.cc``; semantics 7.2. Differs in hearing one verdict
    for an attempt, so that where local origin is split a time-out does not follow upon the
    success of its own connection; and in not ejecting twice a member that two rates accuse.
    """

    __slots__ = (
        "_config", "_counts", "_detected", "_ejections", "_enforced", "_is_split",
        "_limit_5xx", "_limit_gateway", "_limit_local", "_next_sweep", "_threshold",
        "_threshold_local",
    )  # fmt: skip

    def __init__(self, config: OutlierConfig, stream: Stream, *, now: TimeNs) -> None:
        self._config = config
        self._ejections = Ejections(config, stream)
        self._counts: dict[int, _Counts] = {}
        self._detected = dict.fromkeys(Cause, 0)
        self._enforced = dict.fromkeys(Cause, 0)
        self._is_split = config.split_local_origin
        self._limit_5xx = config.consecutive_5xx.failures
        self._limit_gateway = config.consecutive_gateway.failures
        self._limit_local = config.consecutive_local.failures
        self._next_sweep = now + config.interval_ns
        self._threshold: RateThreshold | None = None
        self._threshold_local: RateThreshold | None = None

    def add(self, member: int) -> None:
        """Watch a member, with a clean record; one that is watched already stays as it is."""
        if member not in self._counts:
            self._counts[member] = _Counts()
            self._ejections.add(member)

    def remove(self, member: int) -> None:
        """Forget a member; results of attempts still under way will say nothing.

        Raises:
            ConfigError: the member is not known.
        """
        self._known(member)
        del self._counts[member]
        self._ejections.remove(member)

    def record(self, member: int, outcome: int, now: TimeNs) -> int:
        """Learn how an attempt ended. Hot path.

        Returns:
            ``NOT_EJECTED`` (0), or the cause for which this result has just ejected the member.
        """
        counts = self._counts.get(member)
        if counts is None:
            return NOT_EJECTED
        verdict = VERDICTS[outcome]
        if verdict is _SUCCESS:
            counts.ok += 1
            counts.total += 1
            counts.server = counts.gateway = 0
            if self._is_split:
                counts.local_ok += 1
                counts.local_total += 1
                counts.local = 0
            return NOT_EJECTED
        if verdict is _NOTHING:
            return NOT_EJECTED
        return self._record_failure(member, counts, verdict, now)

    def health_check_passed(self, member: int, now: TimeNs) -> bool:
        """An active health check found the member well. True if that lets it back in.

        Raises:
            ConfigError: the member is not known.
        """
        counts = self._known(member)
        if not (counts.is_out and self._config.health_check_readmits):
            return False
        self._readmit(member, now)
        return True

    def is_ejected(self, member: int) -> bool:
        """True while the member is out.

        Raises:
            ConfigError: the member is not known.
        """
        return self._known(member).is_out

    def next_deadline(self) -> TimeNs:
        """When the next sweep is due."""
        return self._next_sweep

    def tick(self, *, now: TimeNs) -> tuple[OutlierAction, ...]:
        """Sweep if it is due: readmit whose time is up, then judge the interval's rates.

        A member that is readmitted takes part in the judgement with what it answered meanwhile.
        Early calls do nothing. O(members).
        """
        if now < self._next_sweep:
            return ()
        interval = self._config.interval_ns
        self._next_sweep += ((now - self._next_sweep) // interval + 1) * interval
        actions = []
        for member in self._ejections.due(now):
            self._readmit(member, now)
            actions.append(OutlierAction(member, None))
        actions += self._judge_answers(now)
        actions += self._judge_local(now)
        for counts in self._counts.values():
            counts.start_interval()
        self._ejections.wear_down(now)
        return tuple(actions)

    def snapshot(self) -> OutlierSnapshot:
        """The detector as it stands. Changes nothing."""
        return OutlierSnapshot(
            members=tuple(self._standing(member) for member in self._counts),
            detected=dict(self._detected),
            enforced=dict(self._enforced),
            overflows=self._ejections.overflows,
            threshold=self._threshold,
            threshold_local=self._threshold_local,
        )

    def _record_failure(self, member: int, counts: _Counts, verdict: Verdict, now: TimeNs) -> int:
        if self._is_split and verdict is _LOCAL:
            return self._record_local(member, counts, now)
        counts.total += 1
        if self._is_split:
            counts.local_ok += 1
            counts.local_total += 1
            counts.local = 0
        ejected = NOT_EJECTED
        if verdict is _SERVER_ERROR:
            counts.gateway = 0
        else:
            counts.gateway += 1
            if counts.gateway == self._limit_gateway and not counts.is_out:
                counts.gateway = 0
                ratio = self._config.consecutive_gateway.enforced_ratio
                ejected = self._eject(member, Cause.CONSECUTIVE_GATEWAY, ratio, now)
        counts.server += 1
        if counts.server == self._limit_5xx and not counts.is_out:
            counts.server = 0
            ratio = self._config.consecutive_5xx.enforced_ratio
            ejected = self._eject(member, Cause.CONSECUTIVE_5XX, ratio, now)
        return ejected

    def _record_local(self, member: int, counts: _Counts, now: TimeNs) -> int:
        counts.local_total += 1
        counts.local += 1
        if counts.local != self._limit_local or counts.is_out:
            return NOT_EJECTED
        counts.local = 0
        ratio = self._config.consecutive_local.enforced_ratio
        return self._eject(member, Cause.CONSECUTIVE_LOCAL, ratio, now)

    def _judge_answers(self, now: TimeNs) -> list[OutlierAction]:
        rate, share = self._config.success_rate, self._config.failure_share
        tallies = [
            Tally(member, counts.ok, counts.total)
            for member, counts in self._counts.items()
            if not counts.is_out
        ]
        self._threshold, slow = success_rate_outliers(tallies, rate)
        often = failure_share_outliers(tallies, share)
        return [
            *self._eject_all(slow, Cause.SUCCESS_RATE, rate.enforced_ratio, now),
            *self._eject_all(often, Cause.FAILURE_SHARE, share.enforced_ratio, now),
        ]

    def _judge_local(self, now: TimeNs) -> list[OutlierAction]:
        rate, share = self._config.success_rate, self._config.failure_share
        tallies = [
            Tally(member, counts.local_ok, counts.local_total)
            for member, counts in self._counts.items()
            if not counts.is_out
        ]
        self._threshold_local, slow = success_rate_outliers(tallies, rate)
        often = failure_share_outliers(tallies, share)
        return [
            *self._eject_all(slow, Cause.SUCCESS_RATE_LOCAL, rate.enforced_local_ratio, now),
            *self._eject_all(often, Cause.FAILURE_SHARE_LOCAL, share.enforced_local_ratio, now),
        ]

    def _eject_all(
        self, members: list[int], cause: Cause, enforced_ratio: float, now: TimeNs
    ) -> list[OutlierAction]:
        return [
            OutlierAction(member, cause)
            for member in members
            if not self._counts[member].is_out and self._eject(member, cause, enforced_ratio, now)
        ]

    def _eject(self, member: int, cause: Cause, enforced_ratio: float, now: TimeNs) -> int:
        self._detected[cause] += 1
        if not self._ejections.try_eject(member, cause, enforced_ratio, now):
            return NOT_EJECTED
        self._enforced[cause] += 1
        self._counts[member].is_out = True
        return cause

    def _readmit(self, member: int, now: TimeNs) -> None:
        self._ejections.readmit(member, now)
        counts = self._counts[member]
        counts.is_out = False
        counts.start_row()

    def _standing(self, member: int) -> MemberStanding:
        counts, record = self._counts[member], self._ejections.record_of(member)
        return MemberStanding(
            member=member,
            is_ejected=counts.is_out,
            cause=record.cause,
            ejections=record.ejections,
            multiplier=record.multiplier,
            ejected_at=record.ejected_at,
            until=record.until,
            in_a_row_5xx=counts.server,
            in_a_row_gateway=counts.gateway,
            in_a_row_local=counts.local,
        )

    def _known(self, member: int) -> _Counts:
        counts = self._counts.get(member)
        if counts is None:
            raise ConfigError(f"member {member} is not watched for outliers")
        return counts
