"""Which share of what reaches an instance is answered with an error, whatever faults say so."""

from math import prod

from sim.chaos.verb import Hit, Overlay
from sim.nodes.instance import Instance


class Spoiling:
    """Faults that overlap spoil requests independently: a half and a half spoil three quarters."""

    def __init__(self) -> None:
        self._ratios: Overlay[float] = Overlay()

    def spoil(self, hit: Hit, ratio: float) -> None:
        """Spoil that share of what arrives at each instance that is hit."""
        for instance in hit.instances:
            _apply(instance, self._ratios.lay(instance, hit, ratio))

    def relent(self, hit: Hit) -> None:
        """Spoil only what other faults still spoil."""
        for instance in hit.instances:
            _apply(instance, self._ratios.lift(instance, hit))


def _apply(instance: Instance, ratios: tuple[float, ...]) -> None:
    is_alone = len(ratios) == 1
    instance.error_ratio = ratios[0] if is_alone else 1 - prod(1 - one for one in ratios)
    instance.refresh_plainness()
