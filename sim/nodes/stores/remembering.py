"""An instance that answers from a cache what it can, and calls for the rest."""

from collections.abc import Collection, Mapping, Sequence

from models.base.outcome import Outcome
from models.service.spec import ServiceSpec
from models.traffic.response_cache import Lookup
from sim.nodes.attempt import Attempt
from sim.nodes.condition import Condition
from sim.nodes.instance import Instance
from sim.nodes.provisioned import ProvisionedInstance
from sim.nodes.stores.cache import Cache


class RememberingInstance(Instance):
    """One running copy of a service with caches, by endpoint. A hit needs the work, no calls.

    Who waits for another's fetch keeps its slot, and ends as that fetch ends. An old value is
    answered at once; the calls that refresh it go on in the same slot.
    """

    _answered: set[int]
    _caches: Mapping[str, Cache]
    _own: Sequence[Cache]
    _is_snapshot: bool

    def remember(self, caches: Mapping[str, Cache], service: ServiceSpec) -> None:
        """Answer from these caches, by endpoint; before any request arrives."""
        self._caches = caches
        self._own = [
            caches[endpoint.name]
            for endpoint in service.endpoints
            if endpoint.cache is not None and not endpoint.cache.is_shared
        ]
        self._answered = set()
        self._is_snapshot = False

    @property
    def caches(self) -> Mapping[str, Cache]:
        """Caches by endpoint."""
        return self._caches

    @property
    def held_for_others(self) -> Collection[int]:
        """Jobs that wait for a fetch that another request makes."""
        caches = self._caches.values()
        return [number for number in self.jobs if any(one.has_joined(number) for one in caches)]

    def flush(self) -> None:
        """Empty every cache that this instance answers from."""
        for cache in self._caches.values():
            cache.flush()

    def outlive(self, *, crash: bool) -> None:
        """Whether what its own caches keep outlives a crash."""
        self._is_snapshot = crash

    def fetch(self, attempt: Attempt) -> None:
        """Make the calls of an attempt that had waited for another's."""
        super()._work_done(attempt)

    def conclude(self, attempt: Attempt, outcome: Outcome) -> None:
        """Answer an attempt whose key has come, or will not come."""
        self._finish(attempt, outcome)

    def _work_done(self, attempt: Attempt) -> None:
        cache = self._caches.get(attempt.node.endpoint)
        if cache is None or attempt.is_aborted:
            super()._work_done(attempt)
            return
        found = cache.ask(attempt, self)
        if found is Lookup.FETCH:
            super()._work_done(attempt)
        elif found is Lookup.REFRESH:
            self._answer(attempt, Outcome.OK)
            self._answered.add(attempt.id)
            super()._work_done(attempt)
        elif found is not Lookup.JOIN:
            self._finish(attempt, Outcome.OK)

    def _finish(self, attempt: Attempt, outcome: Outcome) -> None:
        super()._finish(attempt, outcome)
        cache = self._caches.get(attempt.node.endpoint)
        if cache is not None:
            cache.ended(attempt, outcome)

    def _answer(self, attempt: Attempt, outcome: Outcome) -> None:
        if attempt.id in self._answered:
            self._answered.remove(attempt.id)
        else:
            super()._answer(attempt, outcome)

    def _abort(self, job: Attempt) -> None:
        super()._abort(job)
        self._answered.discard(job.id)
        cache = self._caches.get(job.node.endpoint)
        if cache is not None:
            cache.lost((job,))

    def crash(self, condition: Condition) -> None:
        """The process is gone with its work, and with what it kept for itself in no snapshot."""
        jobs = list(self.jobs.values())
        super().crash(condition)
        self._answered.clear()
        for cache in self._caches.values():
            cache.lost(jobs)
        if not self._is_snapshot:
            for cache in self._own:
                cache.flush()


class ProvisionedRemembering(RememberingInstance, ProvisionedInstance):
    """An instance with caches beside all that an instance may work with."""
