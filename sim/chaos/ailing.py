"""Verbs for instances that live and are ill: late, wrong, silent, slow or standing still."""

from models.base.outcome import Outcome
from models.base.samplers import Sampler, make_sampler
from models.faults.ailments import Abort, Hang, Pause, Slow
from models.faults.plan import AddedLatency, CacheFlush, ErrorRate
from sim.chaos.spoiling import Spoiling
from sim.chaos.tempo import Tempo
from sim.chaos.verb import Hit, InstanceFaultT, InstanceVerb, Overlay, Scene
from sim.nodes.condition import SummedDelay
from sim.nodes.instance import Instance
from sim.nodes.mishap import Mishap
from sim.nodes.stores.remembering import RememberingInstance


class AddedLatencyVerb(InstanceVerb[AddedLatency]):
    """Delays of several faults add up, each with a stream of its own."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._delays: Overlay[Sampler] = Overlay()

    def strike(self, kind: AddedLatency, hit: Hit) -> None:
        """Delay the messages of each."""
        for instance in hit.instances:
            sampler = make_sampler(kind.delay, self.stream(hit, instance.name))
            self._apply(instance, self._delays.lay(instance, hit, sampler))

    def heal(self, kind: AddedLatency, hit: Hit) -> None:  # noqa: ARG002
        """Only the other faults' delays are left."""
        for instance in hit.instances:
            self._apply(instance, self._delays.lift(instance, hit))

    def _apply(self, instance: Instance, delays: tuple[Sampler, ...]) -> None:
        instance.added_delay = SummedDelay(delays) if delays else None
        instance.refresh_plainness()


class ErrorRateVerb(InstanceVerb[ErrorRate]):
    """Spoils what arrives."""

    def __init__(self, scene: Scene, spoiling: Spoiling) -> None:
        super().__init__(scene)
        self._spoiling = spoiling

    def strike(self, kind: ErrorRate, hit: Hit) -> None:
        """Spoil that share of what arrives."""
        self._spoiling.spoil(hit, kind.ratio)

    def heal(self, kind: ErrorRate, hit: Hit) -> None:  # noqa: ARG002
        """Spoil only what other faults still spoil."""
        self._spoiling.relent(hit)


class MishapVerb(InstanceVerb[InstanceFaultT]):
    """Something happens to a share of the requests that arrive, drawn by a stream of the fault.

    Of several mishaps the one that struck first has the first word.
    """

    def __init__(self, scene: Scene, mishaps: Overlay[Mishap]) -> None:
        super().__init__(scene)
        self._mishaps = mishaps

    def lay(self, hit: Hit, ratio: float, answer: Outcome | None) -> None:
        """Let a share of requests end so; None is silence."""
        for instance in hit.instances:
            mishap = Mishap(ratio, answer, self.stream(hit, instance.name))
            instance.mishaps = self._mishaps.lay(instance, hit, mishap)
            instance.refresh_plainness()

    def heal(self, kind: InstanceFaultT, hit: Hit) -> None:  # noqa: ARG002
        """It happens no more."""
        for instance in hit.instances:
            instance.mishaps = self._mishaps.lift(instance, hit)
            instance.refresh_plainness()


class AbortVerb(MishapVerb[Abort]):
    """Connections are reset."""

    def strike(self, kind: Abort, hit: Hit) -> None:
        """Reset that share."""
        self.lay(hit, kind.ratio, Outcome.RESET)


class HangVerb(MishapVerb[Hang]):
    """Requests are accepted and forgotten."""

    def strike(self, kind: Hang, hit: Hit) -> None:
        """Forget that share."""
        self.lay(hit, kind.ratio, None)


class CacheFlushVerb(InstanceVerb[CacheFlush]):
    """Empties caches; there is nothing to undo."""

    def strike(self, kind: CacheFlush, hit: Hit) -> None:  # noqa: ARG002
        """Forget all that was kept."""
        for instance in hit.instances:
            if isinstance(instance, RememberingInstance):
                instance.flush()

    def heal(self, kind: CacheFlush, hit: Hit) -> None:
        """Nothing to undo: caches fill by themselves."""


class PauseVerb(InstanceVerb[Pause]):
    """Processes stand still while any fault holds them."""

    def __init__(self, scene: Scene, tempo: Tempo) -> None:
        super().__init__(scene)
        self._tempo = tempo

    def strike(self, kind: Pause, hit: Hit) -> None:  # noqa: ARG002
        """Hold them."""
        for instance in hit.instances:
            self._tempo.hold(instance, hit.number)

    def heal(self, kind: Pause, hit: Hit) -> None:  # noqa: ARG002
        """Let them go, if nothing else holds them."""
        for instance in hit.instances:
            self._tempo.let_go(instance, hit.number)


class SlowVerb(InstanceVerb[Slow]):
    """Factors of several faults multiply."""

    def __init__(self, scene: Scene, tempo: Tempo) -> None:
        super().__init__(scene)
        self._tempo = tempo

    def strike(self, kind: Slow, hit: Hit) -> None:
        """Work takes longer from now on."""
        for instance in hit.instances:
            self._tempo.slow(instance, hit.number, kind.factor)

    def heal(self, kind: Slow, hit: Hit) -> None:  # noqa: ARG002
        """Work goes on as fast as the other faults let it."""
        for instance in hit.instances:
            self._tempo.forget(instance, hit.number)
