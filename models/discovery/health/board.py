"""The whole from its parts: components, what they depend on, and who must be told of changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from models.base.errors import ConfigError
from models.base.time import TimeNs
from models.discovery.health.result import Health, ProbeResult

_BADNESS = {Health.HEALTHY: 0, Health.DEGRADED: 1, Health.UNKNOWN: 2, Health.UNHEALTHY: 3}
OVERALL = ""
"""The name under which the whole is reported."""


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a system, with the parts it ``requires`` and those it merely ``uses``.

    Without a required part it is as bad as that part; without one it uses it is degraded. A part
    that is not ``is_critical`` can make the whole degraded, and no worse.
    """

    name: str
    requires: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    is_critical: bool = True


@dataclass(frozen=True, slots=True)
class HealthNotice:
    """A component, or the whole (``OVERALL``), is no longer as it was.

    ``cause`` is the component whose own report brought it about, ``message`` what that said.
    """

    component: str
    before: Health
    after: Health
    cause: str
    message: str
    at: TimeNs


@dataclass(frozen=True, slots=True)
class ComponentReport:
    """What a component says of itself, what follows with its dependencies, and its last result."""

    own: Health
    effective: Health
    last: ProbeResult | None


class HealthBoard:
    """Keeps what each component reported and works out what follows for those that need it.

    Raises:
        ConfigError: two components of one name, an empty name, a dependency that is no
            component, or components that depend on each other in a circle.
    """

    __slots__ = ("_components", "_effective", "_order", "_overall", "_own", "_results")

    def __init__(self, components: Iterable[Component]) -> None:
        self._components: dict[str, Component] = {}
        for component in components:
            if not component.name or component.name in self._components:
                raise ConfigError(f"health: component '{component.name}' needs a name of its own")
            self._components[component.name] = component
        self._order = _from_the_bottom(self._components)
        self._own = dict.fromkeys(self._components, Health.UNKNOWN)
        self._results: dict[str, ProbeResult | None] = dict.fromkeys(self._components)
        self._effective = self._work_out()
        self._overall = self._of_all()

    @property
    def overall(self) -> Health:
        """Health of the whole: that of its worst part, less critical parts counting less."""
        return self._overall

    def report(
        self, name: str, health: Health, result: ProbeResult, *, now: TimeNs
    ) -> tuple[HealthNotice, ...]:
        """A component's own health. Returns what that changed, parts first, the whole last.

        Raises:
            ConfigError: no such component.
        """
        if name not in self._components:
            raise ConfigError(f"health: no component '{name}'")
        self._own[name], self._results[name] = health, result
        before, self._effective = self._effective, self._work_out()
        whole_before, self._overall = self._overall, self._of_all()
        changed = [
            (each, before[each], self._effective[each])
            for each in self._order
            if before[each] is not self._effective[each]
        ]
        if whole_before is not self._overall:
            changed.append((OVERALL, whole_before, self._overall))
        return tuple(
            HealthNotice(each, was, is_now, name, result.message, now)
            for each, was, is_now in changed
        )

    def of(self, name: str) -> ComponentReport:
        """One component as it stands. Changes nothing.

        Raises:
            ConfigError: no such component.
        """
        if name not in self._components:
            raise ConfigError(f"health: no component '{name}'")
        return ComponentReport(self._own[name], self._effective[name], self._results[name])

    def _work_out(self) -> dict[str, Health]:
        found: dict[str, Health] = {}
        for name in self._order:
            component = self._components[name]
            parts = [self._own[name], *(found[other] for other in component.requires)]
            parts += [_at_worst_degraded(found[other]) for other in component.uses]
            found[name] = _worst(parts)
        return found

    def _of_all(self) -> Health:
        return _worst(
            self._effective[name]
            if component.is_critical
            else _at_worst_degraded(self._effective[name])
            for name, component in self._components.items()
        )


def _from_the_bottom(components: Mapping[str, Component]) -> tuple[str, ...]:
    """Names, each after all it depends on; among equals in the order of declaration."""
    graph: dict[str, tuple[str, ...]] = {}
    for component in components.values():
        graph[component.name] = (*component.requires, *component.uses)
        for other in graph[component.name]:
            if other not in components:
                raise ConfigError(f"health: '{component.name}' depends on unknown '{other}'")
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise ConfigError(f"health: components depend on each other: {circle}") from None


def _worst(parts: Iterable[Health]) -> Health:
    return max(parts, key=_BADNESS.__getitem__, default=Health.HEALTHY)


def _at_worst_degraded(health: Health) -> Health:
    return health if health is Health.HEALTHY else Health.DEGRADED
