"""Geometry of a small drawn plot: where values fall on the canvas, and round ticks beside it.

For plots that are drawn once, on the server's side, without a script.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 14, 40
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis from 0 to ``top`` over ``length`` pixels that begin at ``offset``."""

    top: float
    step: float
    offset: float
    length: float
    is_vertical: bool = False

    def place(self, value: float) -> float:
        """Pixel of a value; values outside the axis stay at its ends."""
        share = min(1.0, max(0.0, value / self.top))
        if self.is_vertical:
            share = 1.0 - share
        return round(self.offset + share * self.length, 1)

    def ticks(self) -> Iterator[tuple[float, float]]:
        """Pixel and value of every tick, from 0 up."""
        for k in range(round(self.top / self.step) + 1):
            yield self.place(k * self.step), k * self.step


def axis(values: Sequence[float], *, is_vertical: bool = False, parts: int = 4) -> Axis:
    """An axis that holds all values, 0 at its start, about ``parts`` round steps long."""
    highest = max((value for value in values if math.isfinite(value)), default=0.0)
    step = round_step(highest / parts) if highest > 0 else 1.0
    top = step * max(1, math.ceil(highest / step - 1e-9))
    if is_vertical:
        return Axis(top, step, TOP, HEIGHT - TOP - BOTTOM, is_vertical=True)
    return Axis(top, step, LEFT, WIDTH - LEFT - RIGHT)


def round_step(rough: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below ``rough``."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in _STEPS if rough <= factor * power * (1 + 1e-9))


def polyline(points: Sequence[tuple[float, float]]) -> str:
    """Path data of straight lines through pixel points."""
    return "".join(f"{'L' if i else 'M'}{x:g} {y:g}" for i, (x, y) in enumerate(points))
