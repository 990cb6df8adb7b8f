"""Whom a fault hits, as data; :mod:`models.faults.selection` draws."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Region:
    """Zones that lie near each other, under one name."""

    name: str
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selector:
    """Which instances: every field that is given narrows the choice.

    ``labels`` are names and values that an instance must all have. ``count`` or ``share`` then
    take that many of the rest, drawn under the seed.
    """

    service: str | None = None
    instance: str | None = None
    zone: str | None = None
    count: int | None = None
    share: float | None = None
    region: Region | None = None
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> str:
        """For people: ``service cart in zone a``, ``2 of service cart``, ``50% of zone b``."""
        parts = [self.instance or ""]
        if self.service is not None:
            parts.append(f"service {self.service}")
        if self.zone is not None:
            parts.append(f"zone {self.zone}")
        if self.region is not None:
            parts.append(f"region {self.region.name}")
        whom = " in ".join(part for part in parts if part)
        if self.labels:
            marks = " and ".join(f"{name}={value}" for name, value in self.labels)
            whom = f"{whom or 'all'} with {marks}"
        if self.count is not None:
            return f"{self.count} of {whom}"
        return whom if self.share is None else f"{100 * self.share:.6g}% of {whom}"
