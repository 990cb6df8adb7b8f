"""How fast each process works: held by any fault it stands still, slowed by several it is slower.

Work that is half done keeps what it has had: only the rest is put off or stretched.
"""

from math import prod

from sim.chaos.verb import Lifecycle
from sim.kernel.environment import Kernel
from sim.nodes.instance import Instance
from sim.nodes.standstill import give_work, take_work


class Tempo:
    """Combines what holds and slows instances; a cause is the number of a fault."""

    def __init__(self, kernel: Kernel, lifecycle: Lifecycle) -> None:
        self._kernel = kernel
        self._lifecycle = lifecycle
        self._holds: dict[int, dict[int, int]] = {}
        self._factors: dict[int, dict[int, float]] = {}
        self._stretched: dict[int, float] = {}

    def hold(self, instance: Instance, cause: int) -> None:
        """Stand still until all causes are gone. A dead process stands still anyway."""
        life = instance.incarnation if instance.is_up else 0
        self._holds.setdefault(instance.index, {})[cause] = life
        if instance.standstill is None and instance.is_up:
            self._lifecycle.stand_still(instance)

    def let_go(self, instance: Instance, cause: int) -> None:
        """One cause is gone; another life of the process was never held by it."""
        holds = self._holds[instance.index]
        del holds[cause]
        if instance.standstill is not None and instance.incarnation not in holds.values():
            self._lifecycle.go_on(instance)

    def slow(self, instance: Instance, cause: int, factor: float) -> None:
        """Work takes that many times as long, times what other causes do."""
        self._factors.setdefault(instance.index, {})[cause] = factor
        self._apply(instance)

    def forget(self, instance: Instance, cause: int) -> None:
        """This cause no longer slows."""
        del self._factors[instance.index][cause]
        self._apply(instance)

    def _apply(self, instance: Instance) -> None:
        """Stretch what is left of the work under way, and all work to come."""
        factor = prod(self._factors[instance.index].values())
        before = self._stretched.get(instance.index, 1.0)
        self._stretched[instance.index] = factor
        instance.slow_down(factor)
        standstill = instance.standstill
        left = take_work(self._kernel, instance) if standstill is None else standstill.left
        stretched = [(round(left_ns * factor / before), attempt) for left_ns, attempt in left]
        if standstill is None:
            give_work(self._kernel, instance, stretched)
        else:
            standstill.left = stretched
