"""The granter's side of a lock with a time to live, an owner and fencing tokens.

A lock is a lease: whoever holds it must renew before it expires on the granter's clock. Every
grant carries a token higher than any before it, under whatever name, so that a resource can
tell a late writer from the current holder. The holder's side is :mod:`models.scheduling.lease`.
"""

from dataclasses import dataclass
from typing import TypeAlias

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs


@dataclass(frozen=True, slots=True)
class Granted:
    """The lock is the owner's under ``token`` up to and including ``expires_at``."""

    token: int
    expires_at: TimeNs


@dataclass(frozen=True, slots=True)
class Refused:
    """The lock is not the owner's.

    ``holder`` has it ('' if nobody), and it would come free ``retry_after_ns`` from now at the
    latest, unless renewed.
    """

    holder: str
    retry_after_ns: DurationNs


LockAnswer: TypeAlias = Granted | Refused


@dataclass(frozen=True, slots=True)
class LeaseLapsed:
    """A lease ran out without being renewed or released; valid through ``expired_at``."""

    name: str
    owner: str
    token: int
    expired_at: TimeNs


@dataclass(frozen=True, slots=True)
class LeaseState:
    """A lease as the granter keeps it. ``request`` is the owner's number of the request."""

    name: str
    owner: str
    token: int
    ttl_ns: DurationNs
    expires_at: TimeNs
    request: int | None


class LockServer:
    """Grants named locks on its own monotonic clock.

    A lease is expired iff ``now > granted or renewed + ttl``. It cannot be renewed then, even
    if nobody else took it: the owner acquires again and gets a new token. An owner that asks for
    a lock it already holds gets a new token too (it may have restarted and forgotten), unless
    the request is a duplicate of the one that was granted. Name an owner by process, not by
    person: two processes with one owner name share the lock.

    Source: semantics.md 9.7; PB10.
    """

    def __init__(self, *, first_token: int = 1) -> None:
        """Start empty; after a restart ``first_token`` must exceed every token given before."""
        self._next_token = first_token
        self._leases: dict[str, LeaseState] = {}
        self._lapsed: list[LeaseLapsed] = []

    def acquire(
        self, name: str, owner: str, *, ttl_ns: DurationNs, now: TimeNs, request: int | None = None
    ) -> LockAnswer:
        """Take the lock if it is free, expired, or the owner's already.

        Args:
            name: which lock.
            owner: who asks; not empty.
            ttl_ns: time to live, positive.
            now: granter's monotonic clock.
            request: a number the owner gives each new request, so that a message delivered
                twice is granted once; None asks anew each time.

        Raises:
            ConfigError: no owner, or a time to live that is not positive.
        """
        if not owner or ttl_ns <= 0:
            raise ConfigError("a lock needs an owner and a positive time to live")
        self._lapse(name, now)
        held = self._leases.get(name)
        if held is not None:
            if held.owner != owner:
                return Refused(held.owner, held.expires_at + 1 - now)
            if request is not None and held.request == request:
                return Granted(held.token, held.expires_at)
        token = self._next_token
        self._next_token += 1
        lease = LeaseState(name, owner, token, ttl_ns, now + ttl_ns, request)
        self._leases[name] = lease
        return Granted(token, lease.expires_at)

    def renew(self, name: str, owner: str, token: int, *, now: TimeNs) -> LockAnswer:
        """Extend the lease to ``now + ttl`` if this owner and token hold it and it has not run out.

        A renewal that is refused changes nothing.
        """
        self._lapse(name, now)
        held = self._leases.get(name)
        if held is None:
            return Refused("", 0)
        if held.owner != owner or held.token != token:
            return Refused(held.owner, held.expires_at + 1 - now)
        expires_at = now + held.ttl_ns
        self._leases[name] = LeaseState(name, owner, token, held.ttl_ns, expires_at, held.request)
        return Granted(token, expires_at)

    def release(self, name: str, owner: str, token: int, *, now: TimeNs) -> bool:
        """Free the lock; False and no effect unless this owner and token hold it."""
        self._lapse(name, now)
        held = self._leases.get(name)
        if held is None or held.owner != owner or held.token != token:
            return False
        del self._leases[name]
        return True

    def holder(self, name: str, *, now: TimeNs) -> LeaseState | None:
        """The lease valid at ``now``, if any."""
        held = self._leases.get(name)
        return None if held is None or now > held.expires_at else held

    def next_deadline(self) -> TimeNs | None:
        """First instant at which :meth:`tick` has a lapse to report. Linear in locks held."""
        expiries = [lease.expires_at for lease in self._leases.values()]
        expiries += [lapse.expired_at for lapse in self._lapsed]
        return min(expiries) + 1 if expiries else None

    def tick(self, *, now: TimeNs) -> tuple[LeaseLapsed, ...]:
        """Report each lapsed lease once, in order of expiry."""
        for name in list(self._leases):
            self._lapse(name, now)
        lapsed = tuple(sorted(self._lapsed, key=lambda lapse: (lapse.expired_at, lapse.token)))
        self._lapsed.clear()
        return lapsed

    def snapshot(self) -> tuple[LeaseState, ...]:
        """Every lease on the books, by name; expired ones stay until the lock is next touched."""
        return tuple(self._leases[name] for name in sorted(self._leases))

    def _lapse(self, name: str, now: TimeNs) -> None:
        held = self._leases.get(name)
        if held is not None and now > held.expires_at:
            del self._leases[name]
            self._lapsed.append(LeaseLapsed(name, held.owner, held.token, held.expires_at))
