"""Users' own balancers and processes, by name: from installed packages or a named module.

A package offers them through the entry-point groups ``foreshock.balancers`` and
``foreshock.processes``; a module given with ``--plugin`` holds them in dictionaries called
``BALANCERS`` and ``PROCESSES``. Nothing is ever imported because a scenario file asks for it:
a file can only name what an installed package or the user's own command line offers.
"""

import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from models.base.errors import SpecError
from models.traffic.balancer.policies import BUILT_IN, BalancerFactory
from sim.blueprint import Blueprint
from sim.world import Extensions, ProcessFactory

BALANCER_GROUP = "foreshock.balancers"
PROCESS_GROUP = "foreshock.processes"

PluginT = TypeVar("PluginT")


def load_extensions(modules: Sequence[str], blueprint: Blueprint) -> Extensions:
    """Everything the blueprint asks for by name, found in ``modules`` or installed packages.

    Raises:
        SpecError: a module cannot be imported, or a name is known to nobody.
    """
    balancers: dict[str, BalancerFactory] = {}
    processes: dict[str, ProcessFactory] = {}
    for name in modules:
        module = _imported(name)
        if not hasattr(module, "BALANCERS") and not hasattr(module, "PROCESSES"):
            raise SpecError(f"--plugin {name}: defines neither BALANCERS nor PROCESSES")
        balancers.update(getattr(module, "BALANCERS", {}))
        processes.update(getattr(module, "PROCESSES", {}))
    wanted_balancers = {
        edge.balancer.policy: f"edge '{edge.caller} -> {edge.callee}': "
        for edge in blueprint.edges
        if edge.balancer.policy not in BUILT_IN
    }
    wanted_processes = {plugin.name: "" for plugin in blueprint.processes}
    return Extensions(
        balancers=_found(wanted_balancers, balancers, BALANCER_GROUP, "balancer", tuple(BUILT_IN)),
        processes=_found(wanted_processes, processes, PROCESS_GROUP, "process"),
    )


def _imported(name: str) -> ModuleType:
    """Import a module, also from the working directory, which comes after everything else."""
    here = str(Path.cwd())
    sys.path.append(here)
    try:
        return import_module(name)
    except (ImportError, SyntaxError, TypeError, ValueError) as error:
        raise SpecError(f"--plugin {name}: cannot be imported: {error}") from error
    finally:
        sys.path.remove(here)


def _found(
    wanted: Mapping[str, str],
    given: Mapping[str, PluginT],
    group: str,
    what: str,
    known: Sequence[str] = (),
) -> dict[str, PluginT]:
    """By name; ``wanted`` says where each is asked for."""
    found = {name: given[name] for name in sorted(wanted) if name in given}
    for name in sorted(wanted - found.keys()):
        installed = entry_points(group=group, name=name)
        if not installed:
            near = get_close_matches(name, [*known, *given], n=1)
            meant = f", did you mean '{near[0]}'?" if near else ""
            raise SpecError(
                f"{wanted[name]}no {what} is called '{name}'{meant}; give its module with --plugin,"
                f" or install a package that offers it in the entry-point group {group}"
            )
        try:
            found[name] = next(iter(installed)).load()
        except (ImportError, AttributeError) as error:
            raise SpecError(f"the installed {what} '{name}' cannot be loaded: {error}") from error
    return found
