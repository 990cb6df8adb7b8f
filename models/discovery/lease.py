"""Leases by the clock of the registry alone.

A lease is expired iff ``now > last beat + length``: at the very end it still holds. What the
instance's own clock says never enters, nor does civil time, so a stepped or wrong clock cannot
evict a healthy instance. Leases are kept in order of their last beat, which makes finding the
expired ones linear in their number and not in the number of instances.

Source: Eureka ``Lease.isExpired`` for the strict bound; without Eureka's habit of counting the
duration twice after the first renewal.
"""

from models.base.errors import ConfigError, SimulationError
from models.base.time import DurationNs, TimeNs
from models.discovery.member import InstanceId


class LeaseTable:
    """Last beat of each instance, oldest first. All leases have the same length in ns (> 0)."""

    __slots__ = ("_last_beat_ns", "_latest_ns", "_lease_ns")

    def __init__(self, lease_ns: DurationNs) -> None:
        if lease_ns <= 0:
            raise ConfigError(f"a lease must be longer than 0, not {lease_ns} ns")
        self._lease_ns = lease_ns
        self._last_beat_ns: dict[InstanceId, TimeNs] = {}
        self._latest_ns: TimeNs | None = None

    def renew(self, instance: InstanceId, *, now: TimeNs) -> None:
        """Start the lease anew at ``now``, or grant it if there was none.

        Raises:
            SimulationError: ``now`` is before an earlier renewal; a monotonic clock never steps.
        """
        if self._latest_ns is not None and now < self._latest_ns:
            raise SimulationError(
                f"lease of '{instance}' renewed at {now} ns, after a renewal at "
                f"{self._latest_ns} ns: the registry's clock went back"
            )
        self._latest_ns = now
        self._last_beat_ns.pop(instance, None)
        self._last_beat_ns[instance] = now

    def drop(self, instance: InstanceId) -> None:
        """Forget the lease; no effect if there is none."""
        self._last_beat_ns.pop(instance, None)

    def is_valid(self, instance: InstanceId, *, now: TimeNs) -> bool:
        """Whether the instance has a lease that is not expired at ``now``."""
        last = self._last_beat_ns.get(instance)
        return last is not None and now <= last + self._lease_ns

    def expired(self, *, now: TimeNs) -> tuple[InstanceId, ...]:
        """Instances whose lease is expired at ``now``, by last beat, then order of arrival."""
        found = []
        for instance, last in self._last_beat_ns.items():
            if now <= last + self._lease_ns:
                break
            found.append(instance)
        return tuple(found)
