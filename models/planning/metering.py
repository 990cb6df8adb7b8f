"""What a run used: machine time per service, and bytes that crossed a zone boundary.

Two meters are read over one window, by default the measured phase:

- *Machine time.* An instance is metered for the whole window, also while it is crashed or its
  zone is dark: the host is reserved for it and bills on. Load-source clients are users, not
  machines, and are never metered.
- *Cross-zone traffic.* An attempt counts when it started in the window and when its caller and
  its target sit in two different zones; a client outside every zone crosses no boundary between
  zones. Request bytes count once the request was put on a connection: not when the breaker or
  an empty endpoint view stopped it (nothing was sent), and not when the connection was refused
  (nothing but a handshake was). Response bytes count when an answer with a body came back, that
  is for OK and ERROR; a full queue, a reset and a timeout return none.

All sums are integers, so they are exact and need no order. Left out: headers, handshakes,
heartbeats and scrapes, and answers that arrive after their caller has stopped waiting.

Source: semantics 15.2 (a price per hour of machine, a price per GB and direction).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.base.outcome import Outcome
from models.base.time import DurationNs
from models.records.manifest import CallNode, Manifest, Phase
from models.records.schema import NO_INDEX
from models.records.table import Table

NOT_SENT = frozenset(
    {Outcome.BREAKER_OPEN, Outcome.NO_ENDPOINT, Outcome.NO_CONNECTION, Outcome.REFUSED}
)
"""Ends of an attempt whose request never travelled."""
ANSWERED = frozenset({Outcome.OK, Outcome.ERROR})
"""Ends of an attempt that brought a whole response back."""

_OUTSIDE = -1


@dataclass(frozen=True, slots=True)
class MachineTime:
    """Time for which a service held machines of one type.

    ``instance_ns`` adds up over its instances: two instances for one second are 2 * 10**9.
    """

    service: str
    machine: str
    instances: int
    instance_ns: DurationNs


@dataclass(frozen=True, slots=True)
class CrossZoneTraffic:
    """Bytes between a caller (service or load source) and a service in another zone."""

    caller: str
    callee: str
    request_bytes: int
    response_bytes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Both meters over one window of ``window_ns``, in the order of the manifest's lists."""

    window_ns: DurationNs
    machines: tuple[MachineTime, ...]
    traffic: tuple[CrossZoneTraffic, ...]


def meter(manifest: Manifest, attempts: Table, *, window: Phase | None = None) -> Usage:
    """Read both meters over ``window``, or over the measured phase when none is given.

    Pairs of caller and callee that sent nothing across a boundary are left out. Linear in the
    number of attempts.
    """
    stretch = manifest.phase("measure") if window is None else window
    return Usage(
        window_ns=stretch.end_ns - stretch.start_ns,
        machines=_machine_time(manifest, stretch.end_ns - stretch.start_ns),
        traffic=_cross_zone_traffic(manifest, attempts, stretch),
    )


def _machine_time(manifest: Manifest, window_ns: DurationNs) -> tuple[MachineTime, ...]:
    held: dict[tuple[str, str], int] = {}
    for instance in manifest.instances:
        if not instance.is_client:
            key = (instance.service, instance.machine)
            held[key] = held.get(key, 0) + 1
    return tuple(
        MachineTime(service, machine, count, count * window_ns)
        for (service, machine), count in held.items()
    )


def _cross_zone_traffic(
    manifest: Manifest, attempts: Table, window: Phase
) -> tuple[CrossZoneTraffic, ...]:
    crossing = _crosses(manifest, attempts) & _starts_in(attempts, window)
    outcome = attempts["outcome"]
    sent = crossing & ~np.isin(outcome, list(NOT_SENT))
    answered = crossing & np.isin(outcome, list(ANSWERED))
    bytes_of: dict[tuple[str, str], tuple[int, int]] = {}
    requests = _count_by_node(manifest, attempts, sent)
    responses = _count_by_node(manifest, attempts, answered)
    for index, node in enumerate(manifest.call_nodes):
        if requests[index]:
            _add(bytes_of, node, requests[index], responses[index])
    return tuple(
        CrossZoneTraffic(caller, callee, sent_bytes, answered_bytes)
        for (caller, callee), (sent_bytes, answered_bytes) in bytes_of.items()
        if sent_bytes or answered_bytes
    )


def _add(
    bytes_of: dict[tuple[str, str], tuple[int, int]], node: CallNode, requests: int, responses: int
) -> None:
    key = (node.caller, node.service)
    sent, answered = bytes_of.get(key, (0, 0))
    bytes_of[key] = (
        sent + requests * node.request_bytes,
        answered + responses * node.response_bytes,
    )


def _crosses(manifest: Manifest, attempts: Table) -> npt.NDArray[np.bool_]:
    """Mark attempts whose caller and target are in two different zones."""
    zones = {zone: number for number, zone in enumerate(manifest.zones)}
    zone_of = _zone_of_instance(manifest, zones)
    caller = zone_of[attempts["caller"].astype(np.int64)]
    target_index = attempts["target"].astype(np.int64)
    reached = target_index != NO_INDEX
    target = zone_of[np.where(reached, target_index, 0)]
    between = (caller != target) & (caller != _OUTSIDE) & (target != _OUTSIDE)
    crosses: npt.NDArray[np.bool_] = reached & between
    return crosses


def _zone_of_instance(manifest: Manifest, zones: Mapping[str, int]) -> npt.NDArray[np.int64]:
    numbers = [zones.get(instance.zone, _OUTSIDE) for instance in manifest.instances]
    return np.array(numbers, dtype=np.int64)


def _starts_in(attempts: Table, window: Phase) -> npt.NDArray[np.bool_]:
    start_ns = attempts["start_ns"].astype(np.int64)
    inside: npt.NDArray[np.bool_] = (start_ns >= window.start_ns) & (start_ns < window.end_ns)
    return inside


def _count_by_node(manifest: Manifest, attempts: Table, chosen: npt.NDArray[np.bool_]) -> list[int]:
    nodes = attempts["node"].astype(np.int64)[chosen]
    counts: list[int] = np.bincount(nodes, minlength=len(manifest.call_nodes)).tolist()
    return counts
