"""Which zones have power. Control-plane nodes ask before they act; hosts are told."""

from collections import Counter


class Power:
    """Zones that are dark, counted, because two faults may hit the same zone."""

    def __init__(self) -> None:
        self._outages: Counter[str] = Counter()

    def is_on(self, zone: str) -> bool:
        """True unless an outage holds the zone."""
        return self._outages[zone] == 0

    def cut(self, zone: str) -> None:
        """Begin an outage."""
        self._outages[zone] += 1

    def restore(self, zone: str) -> None:
        """End one outage of the zone."""
        self._outages[zone] -= 1
