"""The holder's side of a lock: when to ask, when to renew, when to stop believing.

The granter and the holder read different clocks, and the answer takes time to arrive. The
holder therefore counts its lease from the moment it *sent* the request, on its own clock, and
gives it up early by what both clocks may be wrong. It never asks the granter whether it still
leads: :meth:`LeaseHolder.leads` compares two local numbers, so a process that was paused knows
it is late as soon as it looks.

A request is named by the instant it was sent. Whoever carries the messages echoes that number
with the answer, which lets late, lost and repeated answers fall into place.
"""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs
from models.scheduling.config import LockConfig
from models.scheduling.transitions import next_state

_MILLION = 1_000_000


def safe_ttl_ns(ttl_ns: DurationNs, drift_ppm: int) -> DurationNs:
    """How long a holder may trust a lease, on its own clock, counted from sending the request.

    ``ttl * (1 - e) / (1 + e)`` rounded down, where ``e`` bounds how wrong the rate of either
    clock is; ``drift_ppm`` is e in parts per million, in [0, 1_000_000).

    Source: Gray & Cheriton 1989, Leases; semantics.md 9.7.
    """
    return ttl_ns * (_MILLION - drift_ppm) // (_MILLION + drift_ppm)


class HolderState(Enum):
    """What a candidate for the lock is doing."""

    WAITING = "waiting"
    ASKING = "asking"
    LEADING = "leading"
    RENEWING = "renewing"
    STOPPED = "stopped"


class HolderEvent(Enum):
    """What can happen to a candidate."""

    ASK = "ask"
    GRANT = "grant"
    REFUSE = "refuse"
    RENEW = "renew"
    LAPSE = "lapse"
    RESIGN = "resign"
    STAND = "stand"


HOLDER_TRANSITIONS = {
    (HolderState.WAITING, HolderEvent.ASK): HolderState.ASKING,
    (HolderState.WAITING, HolderEvent.GRANT): HolderState.LEADING,
    (HolderState.WAITING, HolderEvent.RESIGN): HolderState.STOPPED,
    (HolderState.ASKING, HolderEvent.ASK): HolderState.ASKING,
    (HolderState.ASKING, HolderEvent.GRANT): HolderState.LEADING,
    (HolderState.ASKING, HolderEvent.REFUSE): HolderState.WAITING,
    (HolderState.ASKING, HolderEvent.RESIGN): HolderState.STOPPED,
    (HolderState.LEADING, HolderEvent.RENEW): HolderState.RENEWING,
    (HolderState.LEADING, HolderEvent.GRANT): HolderState.LEADING,
    (HolderState.LEADING, HolderEvent.REFUSE): HolderState.WAITING,
    (HolderState.LEADING, HolderEvent.LAPSE): HolderState.WAITING,
    (HolderState.LEADING, HolderEvent.RESIGN): HolderState.STOPPED,
    (HolderState.RENEWING, HolderEvent.RENEW): HolderState.RENEWING,
    (HolderState.RENEWING, HolderEvent.GRANT): HolderState.LEADING,
    (HolderState.RENEWING, HolderEvent.REFUSE): HolderState.WAITING,
    (HolderState.RENEWING, HolderEvent.LAPSE): HolderState.WAITING,
    (HolderState.RENEWING, HolderEvent.RESIGN): HolderState.STOPPED,
    (HolderState.STOPPED, HolderEvent.STAND): HolderState.WAITING,
}
"""Every legal move of a :class:`LeaseHolder`."""


@dataclass(frozen=True, slots=True)
class AcquireLock:
    """Send an acquire; ``sent_ns`` is the request's number and comes back with the answer."""

    name: str
    owner: str
    ttl_ns: DurationNs
    sent_ns: TimeNs


@dataclass(frozen=True, slots=True)
class RenewLock:
    """Send a renewal of ``token``."""

    name: str
    owner: str
    token: int
    sent_ns: TimeNs


@dataclass(frozen=True, slots=True)
class ReleaseLock:
    """Send a release of ``token``; no answer is needed."""

    name: str
    owner: str
    token: int


@dataclass(frozen=True, slots=True)
class LeaseGained:
    """From now on this node leads under ``token``."""

    name: str
    owner: str
    token: int


@dataclass(frozen=True, slots=True)
class LeaseLost:
    """From now on this node no longer leads under ``token``."""

    name: str
    owner: str
    token: int


LeaseAction: TypeAlias = AcquireLock | RenewLock | ReleaseLock | LeaseGained | LeaseLost


class LeaseHolder:
    """One candidate for one lock, on its node's monotonic clock.

    Asks every ``retry_ns`` while it does not lead, renews every ``renew_ns`` while it does, and
    repeats an unanswered renewal every ``retry_ns`` until the lease is no longer to be trusted.
    A token given up is never taken up again.
    """

    def __init__(self, name: str, owner: str, config: LockConfig, *, start: TimeNs) -> None:
        """Stand for the lock; the first request goes out at ``start``.

        Raises:
            ConfigError: periods that are not positive, a drift outside [0, 1), or a renewal
                period that leaves no time to renew before the lease is distrusted.
        """
        self._name = name
        self._owner = owner
        self._config = config
        drift_ppm = round(config.drift_ratio * _MILLION)
        if config.ttl_ns <= 0 or config.retry_ns <= 0 or not 0 <= drift_ppm < _MILLION:
            raise ConfigError("lock: ttl and retry must be positive, drift in [0, 1)")
        self._trust_ns = safe_ttl_ns(config.ttl_ns, drift_ppm)
        if not 0 < config.renew_ns < self._trust_ns:
            raise ConfigError(
                f"lock: renew must lie between 0 and {self._trust_ns} ns, "
                "the time to live less the clock drift"
            )
        self._state = HolderState.WAITING
        self._token = 0
        self._lost_at = 0
        self._next_try = start

    @property
    def state(self) -> HolderState:
        """Where the candidate stands; whether it may act is :meth:`leads`."""
        return self._state

    def leads(self, *, now: TimeNs) -> bool:
        """Whether the lease may be trusted at ``now``: strictly before it counts as lost."""
        return self._holds() and now < self._lost_at

    def token(self, *, now: TimeNs) -> int | None:
        """Fencing token to act under at ``now``, None when not leading."""
        return self._token if self.leads(now=now) else None

    def next_deadline(self) -> TimeNs | None:
        """When :meth:`tick` next has something to do; None once resigned."""
        if self._state is HolderState.STOPPED:
            return None
        return min(self._next_try, self._lost_at) if self._holds() else self._next_try

    def tick(self, *, now: TimeNs) -> tuple[LeaseAction, ...]:
        """Give up a lease that is no longer to be trusted; ask or renew when that is due."""
        if self._state is HolderState.STOPPED:
            return ()
        actions: list[LeaseAction] = []
        if self._holds() and now >= self._lost_at:
            actions.append(self._give_up(HolderEvent.LAPSE))
        if now >= self._next_try:
            actions.append(self._send(now))
        return tuple(actions)

    def granted(self, token: int, *, sent_ns: TimeNs, now: TimeNs) -> tuple[LeaseAction, ...]:
        """Take in a grant (of an acquire or a renewal) to the request sent at ``sent_ns``.

        A grant that comes too late to be trusted, or after resigning, is handed back.
        """
        if token < self._token or (token == self._token and not self._holds()):
            return ()
        actions: list[LeaseAction] = []
        if self._holds() and now >= self._lost_at:
            actions.append(self._give_up(HolderEvent.LAPSE))
            if token == self._token:
                return tuple(actions)
        trusted_until = sent_ns + self._trust_ns
        if token == self._token:
            if trusted_until > self._lost_at:
                self._lost_at = trusted_until
                self._answered(sent_ns, now)
            return ()
        if self._state is HolderState.STOPPED or now >= trusted_until:
            return (*actions, ReleaseLock(self._name, self._owner, token))
        if self._holds():
            actions.append(LeaseLost(self._name, self._owner, self._token))
        self._token = token
        self._lost_at = trusted_until
        self._answered(sent_ns, now)
        actions.append(LeaseGained(self._name, self._owner, token))
        return tuple(actions)

    def refused(self, token: int = 0) -> tuple[LeaseAction, ...]:
        """Take in a refusal of the renewal of ``token``, or of an acquire (0).

        A refused renewal ends the lease at once. Refusals of what is no longer asked for are
        ignored.
        """
        if token and token == self._token and self._holds():
            return (self._give_up(HolderEvent.REFUSE),)
        if not token and self._state is HolderState.ASKING:
            self._move(HolderEvent.REFUSE)
        return ()

    def resign(self) -> tuple[LeaseAction, ...]:
        """Stop standing, releasing the lock if held.

        Raises:
            SimulationError: resigned already.
        """
        if not self._holds():
            self._move(HolderEvent.RESIGN)
            return ()
        lost = self._give_up(HolderEvent.RESIGN)
        return (lost, ReleaseLock(self._name, self._owner, self._token))

    def stand(self, *, now: TimeNs) -> None:
        """Stand again after resigning; asks at ``now``.

        Raises:
            SimulationError: has not resigned.
        """
        self._move(HolderEvent.STAND)
        self._next_try = now

    def _holds(self) -> bool:
        return self._state in (HolderState.LEADING, HolderState.RENEWING)

    def _move(self, event: HolderEvent) -> None:
        self._state = next_state(HOLDER_TRANSITIONS, self._state, event)

    def _give_up(self, event: HolderEvent) -> LeaseLost:
        self._move(event)
        return LeaseLost(self._name, self._owner, self._token)

    def _send(self, now: TimeNs) -> LeaseAction:
        due = self._next_try
        period = self._config.retry_ns
        self._next_try = due + ((now - due) // period + 1) * period
        if self._holds():
            self._move(HolderEvent.RENEW)
            return RenewLock(self._name, self._owner, self._token, now)
        self._move(HolderEvent.ASK)
        return AcquireLock(self._name, self._owner, self._config.ttl_ns, now)

    def _answered(self, sent_ns: TimeNs, now: TimeNs) -> None:
        self._move(HolderEvent.GRANT)
        self._next_try = max(sent_ns + self._config.renew_ns, now)
