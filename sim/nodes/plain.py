"""The plainest server, laid out flat: first come, first served, and nothing else to ask for.

It does what :class:`~sim.nodes.instance.Instance` does, without the calls in between: most
instances of most worlds are of this kind, and every request passes here.
"""

from __future__ import annotations

from heapq import heappush

from models.base.outcome import Outcome
from sim.nodes.attempt import Attempt
from sim.nodes.instance import Instance

_OK = Outcome.OK


class PlainInstance(Instance):
    """Slots, a bounded queue in order of coming, work and calls. Not to be derived from."""

    __slots__ = ()

    def arrive(self, attempt: Attempt) -> None:
        """A request has reached this host."""
        if not self._is_plain and not self._admits(attempt):
            return
        attempt.step = 0
        attempt.has_failed = False
        if not self.free_slots:
            self._wait(attempt)
            return
        self.free_slots -= 1
        self.jobs[attempt.id] = attempt
        node = attempt.node
        if attempt.try_number == 1:
            work_ns = attempt.request.demands[node.slot]
        else:
            work_ns = node.retry_demand.draw()
        if self._speed_ratio != 1.0:
            work_ns = int(work_ns / self._speed_ratio)
        heappush(
            self._agenda,
            (self._kernel.now + work_ns, next(self._user_numbers), self.when_done, attempt),
        )

    def _work_done(self, attempt: Attempt) -> None:
        if attempt.is_aborted:
            return
        steps = attempt.node.steps
        if steps and attempt.step < len(steps):
            self._next_step(attempt)
            return
        del self.jobs[attempt.id]
        self.answered += 1
        if self._queue:
            self._serve_next()
        else:
            self.free_slots += 1
        link = attempt.target.back  # type: ignore[union-attr] # it was sent
        if not link.is_plain or self.added_delay is not None:
            self._answer(attempt, _OK)
            return
        attempt.result = _OK
        heappush(
            self._agenda,
            (
                self._kernel.now + next(link.latencies),
                next(self._network_numbers),
                attempt.channel.answer,
                attempt,
            ),
        )

    _proceed = _work_done
