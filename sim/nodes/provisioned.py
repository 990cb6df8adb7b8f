"""An instance with a disk and a network card, that may let go of its slots while it waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from models.base.outcome import Outcome
from models.base.streams import Stream
from models.service.resources import Hold, ResourcesSpec
from models.service.spec import Cancel
from sim.nodes.attempt import Attempt
from sim.nodes.resources.device import Device, make_device
from sim.nodes.runtime import RuntimeInstance

_OK = Outcome.OK


class ProvisionedInstance(RuntimeInstance):
    """Work, then the disk, then the calls, then the answer through the network card.

    Where slots are not held, a job is parked while it waits for its calls: it takes no slot, and
    needs none to answer. It counts as a live request all the same.
    """

    __slots__ = ("_devices", "_disk", "_network", "_parked")

    def provide(self, spec: ResourcesSpec, streams: Callable[[str], Stream]) -> None:
        """Install what the service describes; before any request arrives."""
        super().provide(spec, streams)
        self._disk = make_device(self._kernel, spec.disk, self._data_moved)
        self._network = make_device(self._kernel, spec.network, self._answer_sent)
        self._devices: list[Device] = [
            device for device in (self._disk, self._network) if device is not None
        ]
        self._parked: set[int] = set()

    @property
    def has_disk(self) -> bool:
        """Whether its disk is bounded."""
        return self._disk is not None

    def withhold_disk(self, shares: Sequence[float]) -> None:
        """Read and write with what these shares leave of the disk's bytes a second."""
        if self._disk is not None:
            self._disk.withhold(shares)

    @property
    def busy_slots(self) -> int:
        """How many slots the jobs hold; those that are parked hold none."""
        return len(self.jobs) - len(self._parked)

    def progressing(self) -> Iterable[int]:
        """Jobs on the processor or a device, or about to hear how a call ended."""
        yield from super().progressing()
        for device in self._devices:
            yield from device.numbers()

    def _work_done(self, attempt: Attempt) -> None:
        if self._disk is None or attempt.is_aborted or not attempt.node.disk_bytes:
            super()._work_done(attempt)
        else:
            self._disk.move(attempt, attempt.node.disk_bytes)

    def _data_moved(self, attempt: Attempt) -> None:
        if attempt.is_aborted:
            return
        if self.pace.speed:
            super()._work_done(attempt)
        else:
            self._held_back.append((self._data_moved, attempt, None))

    def _next_step(self, attempt: Attempt) -> None:
        if self._resources.hold is Hold.NONE and attempt.id not in self._parked:
            self._parked.add(attempt.id)
            self._serve_next()
        super()._next_step(attempt)

    def _finish(self, attempt: Attempt, outcome: Outcome) -> None:
        if self._network is not None and outcome is _OK:
            self._network.move(attempt, attempt.node.response_bytes)
        else:
            self._conclude(attempt, outcome)

    def _answer_sent(self, attempt: Attempt) -> None:
        self._conclude(attempt, _OK)

    def _conclude(self, attempt: Attempt, outcome: Outcome) -> None:
        if attempt.id in self._parked:
            self._parked.remove(attempt.id)
            self._finish_parked(attempt, outcome)
        else:
            super()._finish(attempt, outcome)

    def cancel(self, attempt: Attempt) -> None:
        """The caller has hung up; what that means depends on the service's ``cancel``."""
        is_parked = attempt.id in self._parked
        if is_parked and self.cancel_mode is Cancel.RUNNING and self.pace.speed:
            self._abort(attempt)
        else:
            super().cancel(attempt)

    def _abort(self, job: Attempt) -> None:
        self._parked.discard(job.id)
        for device in self._devices:
            device.forget(job)
        super()._abort(job)

    def _forget_work(self) -> None:
        super()._forget_work()
        self._parked.clear()
        for device in self._devices:
            device.clear()
