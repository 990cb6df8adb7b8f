"""Which of the instances a fault hits: filters first, then a draw among the rest."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Protocol, TypeVar

from models.base.streams import Stream
from models.faults.selector import Selector


class Selectable(Protocol):
    """What a selector can ask of an instance."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def service(self) -> str: ...  # noqa: D102

    @property
    def zone(self) -> str: ...  # noqa: D102

    @property
    def labels(self) -> tuple[tuple[str, str], ...]: ...  # noqa: D102


SelectableT = TypeVar("SelectableT", bound=Selectable)


def matches(selector: Selector, candidate: Selectable) -> bool:
    """Whether a candidate is all that the selector asks for; ``count`` and ``share`` aside."""
    return (
        selector.service in (None, candidate.service)
        and selector.instance in (None, candidate.name)
        and selector.zone in (None, candidate.zone)
        and (selector.region is None or candidate.zone in selector.region.zones)
        and all(label in candidate.labels for label in selector.labels)
    )


def select(
    selector: Selector, candidates: Sequence[SelectableT], stream: Stream
) -> list[SelectableT]:
    """Instances that the selector names, in the order of ``candidates``.

    ``share`` rounds up, so that a positive share of a non-empty set hits at least one. With
    ``count`` or ``share`` the chosen ones are a uniform draw without replacement.
    """
    matching = [candidate for candidate in candidates if matches(selector, candidate)]
    wanted = len(matching)
    if selector.share is not None:
        exact = Fraction(selector.share).limit_denominator(1_000_000) * len(matching)
        wanted = min(wanted, -(-exact.numerator // exact.denominator))
    if selector.count is not None:
        wanted = min(wanted, selector.count)
    if wanted == len(matching):
        return matching
    pool = list(range(len(matching)))
    chosen = {pool.pop(stream.below(len(pool))) for _ in range(wanted)}
    return [candidate for place, candidate in enumerate(matching) if place in chosen]
