"""Stand-ins for broken values, so that the rest of a broken file can be checked as well.

A file with a misspelt field in one place and an unknown service in another has two errors, and
its author wants both at once. Names are resolved only on a document that is valid in itself; so
each broken value is replaced by one that cannot cause an error of its own, and whatever is found
at a replaced place is not reported. Where nothing neutral exists (calls, zones), the
checks wait until the file is mended.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from scenarios.source.marks import KeyPath
from scenarios.source.tree import Plain

LEFT_OUT = object()
ANY = None
_MANY_INSTANCES = 1000

_Pattern: TypeAlias = tuple[str | None, ...]

_STAND_INS: tuple[tuple[_Pattern, object], ...] = (
    (("version",), 1),
    (("scenario",), "scenario"),
    (("question",), LEFT_OUT),
    (("section",), LEFT_OUT),
    (("seed",), LEFT_OUT),
    (("time", "start"), LEFT_OUT),
    (("time",), {"measure": "1d", "warm_up": "1s", "heal": "1s", "settle": "1s"}),
    (("topology", "links"), LEFT_OUT),
    (("topology", "clocks"), LEFT_OUT),
    (("machines", ANY), {}),
    (("services", ANY, "instances"), {"count": _MANY_INSTANCES}),
    (("services", ANY, "slots"), 1),
    (("services", ANY, "queue"), LEFT_OUT),
    (("services", ANY, "cancel"), LEFT_OUT),
    (("services", ANY, "start_up"), LEFT_OUT),
    (("services", ANY, "endpoints", ANY, "work"), "1ms"),
    (("services", ANY, "endpoints", ANY, "request"), LEFT_OUT),
    (("services", ANY, "endpoints", ANY, "response"), LEFT_OUT),
    (("defaults",), LEFT_OUT),
    (("edges", ANY), {}),
    (("discovery", "zone"), "{zone}"),
    (("discovery", ANY), LEFT_OUT),
    (("traffic", ANY, "arrivals"), {"rate": "1/s"}),
    (("traffic", ANY, "zone"), LEFT_OUT),
    (("jobs", ANY, "schedule"), "* * * * *"),
    (("jobs", ANY, "work"), "1s"),
    (("jobs", ANY, ANY), LEFT_OUT),
    (("faults", ANY), {"at": 0, "zone_outage": {"zone": "{zone}"}}),
    (("alerting", "zone"), "{zone}"),
    (("alerting", "scrape"), LEFT_OUT),
    (("alerting", "evaluation"), LEFT_OUT),
    (("alerting", "lookback"), LEFT_OUT),
    (("alerting", "resend_delay"), LEFT_OUT),
    (("prices", "machines", ANY), {"on_demand": 0}),
    (("prices", "egress"), LEFT_OUT),
    (("limits",), LEFT_OUT),
    (("sampling",), LEFT_OUT),
    (("expect", ANY), {"promql": "up == 1"}),
    (("alternatives",), LEFT_OUT),
    (("processes",), LEFT_OUT),
)


def repaired(
    data: Plain, unknown: Mapping[KeyPath, str | None], broken: Sequence[KeyPath]
) -> tuple[Plain, tuple[KeyPath, ...]] | None:
    """The data with stand-ins, and the places that were replaced; None if that cannot be done.

    ``unknown`` fields go, or take the name that was probably meant; ``broken`` are the paths of
    values that are wrong or missing.
    """
    mended = copy.deepcopy(data)
    zone = _first_zone(data)
    places = [
        place
        for path, meant in unknown.items()
        if (place := _rename(mended, path, meant)) is not None
    ]
    for path in broken:
        found = _stand_in(path)
        if found is None:
            return None
        place, value = found
        if not _put(mended, place, _with_zone(value, zone)):
            return None
        places.append(place)
        if place == ("time",):
            places += _arrivals(data)
    return mended, tuple(dict.fromkeys(places))


def _arrivals(data: Plain) -> list[KeyPath]:
    """Arrivals are measured against the length of the run, which is not the user's now."""
    traffic = data.get("traffic") if isinstance(data, dict) else None
    sources = traffic if isinstance(traffic, dict) else {}
    return [("traffic", name, "arrivals") for name in sources]


def _rename(data: object, path: KeyPath, meant: str | None) -> KeyPath | None:
    """Take the field away, or to the free place of its true name, which is returned."""
    section = _at(data, path[:-1])
    if not isinstance(section, dict) or path[-1] not in section:
        return None
    value = section.pop(path[-1])
    if meant is None or meant in section:
        return None
    section[meant] = value
    return (*path[:-1], meant)


def _stand_in(path: KeyPath) -> tuple[KeyPath, object] | None:
    for pattern, value in _STAND_INS:
        if len(path) >= len(pattern) and all(
            wanted is ANY or wanted == segment
            for wanted, segment in zip(pattern, path, strict=False)
        ):
            return path[: len(pattern)], value
    return None


def _with_zone(value: object, zone: str) -> object:
    if isinstance(value, dict):
        return {key: _with_zone(item, zone) for key, item in value.items()}
    return zone if value == "{zone}" else value


def _first_zone(data: Plain) -> str:
    topology = data.get("topology") if isinstance(data, dict) else None
    zones = topology.get("zones") if isinstance(topology, dict) else None
    return str(zones[0]) if isinstance(zones, list) and zones else ""


def _put(data: object, path: KeyPath, value: object) -> bool:
    """Replace or remove one value in place; False if the way to it is broken itself."""
    around, last = _at(data, path[:-1]), path[-1]
    if isinstance(around, dict):
        around.pop(last, None)
        if value is not LEFT_OUT:
            around[last] = value
        return True
    if isinstance(around, list) and isinstance(last, int) and last < len(around):
        around[last] = value
        return True
    return False


def _at(data: object, path: KeyPath) -> object:
    """What stands at the path; None when the path leads nowhere."""
    for segment in path:
        if isinstance(data, dict):
            data = data.get(segment)
        elif isinstance(data, list) and isinstance(segment, int):
            data = data[segment]
        else:
            return None
    return data
