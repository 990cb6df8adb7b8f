"""The house has the rooms of the plan and no others, and its doors carry the right signs."""

import os
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import FOLDERS, ROOT, project_files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PIN = re.compile(r"^([a-z0-9]+(?:-[a-z0-9]+)*)==([\w.]+)$")


def foreign_folders(names: list[Path]) -> set[str]:
    """Top-level folders outside the plan; dot-folders are free."""
    tops = {name.parts[0] for name in names if len(name.parts) > 1}
    return {top for top in tops - FOLDERS if not top.startswith(".")}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    matches = [PIN.match(line) for line in lines if line and not line.startswith("#")]
    assert all(matches), "every constraint is 'name==version'"
    return {match[1]: match[2] for match in matches if match}


def unpinned(requirements: list[str], pinned: dict[str, str]) -> list[str]:
    """Requirements without a pin, or whose lower bound the pin does not meet."""
    parsed = [Requirement(text) for text in requirements]
    return [
        str(need)
        for need in parsed
        if (version := pinned.get(canonicalize_name(need.name))) is None
        or not need.specifier.contains(version, prereleases=True)
    ]


def test_there_is_no_room_outside_the_plan() -> None:
    assert foreign_folders(project_files()) == set()


def test_a_room_outside_the_plan_is_caught() -> None:
    names = [Path("utils/x.py"), Path("models/a.py"), Path("README.md"), Path(".ci/run")]
    assert foreign_folders(names) == {"utils"}


def test_every_direct_dependency_is_pinned_to_a_tested_version() -> None:
    extras = PROJECT["optional-dependencies"]
    needs = [*PROJECT["dependencies"], *extras["dev"], *extras["notebook"]]
    own = [need for need in needs if not need.startswith(PROJECT["name"])]
    assert unpinned(own, pins()) == []


@pytest.mark.parametrize("pinned", [{}, {"py-yaml": "6.0.2"}, {"pyyaml": "6.0.1"}])
def test_a_missing_or_too_old_pin_is_caught(pinned: dict[str, str]) -> None:
    assert unpinned(["PyYAML>=6.0.2"], pinned) == ["PyYAML>=6.0.2"]


def test_runtime_dependencies_have_lower_bounds() -> None:
    needs = [Requirement(text) for text in PROJECT["dependencies"]]
    assert [str(need) for need in needs if ">=" not in str(need.specifier)] == []


def test_the_readme_sets_up_a_fresh_machine_in_one_command_for_demo_and_for_tests() -> None:
    commands = re.findall(r"^python3\.11 -m venv .*$", README, re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith("foreshock demo")
    assert "-m pytest" in commands[1]
    assert all("-c constraints.txt" in command for command in commands)


def test_the_ci_script_takes_its_test_command_from_the_readme() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "README.md" in script.read_text(encoding="utf-8")


def test_the_map_in_the_readme_names_every_package_of_models() -> None:
    packages = {
        path.name for path in (ROOT / "models").iterdir() if (path / "__init__.py").exists()
    }
    assert packages <= set(re.findall(r"`models/(\w+)`", README))


def test_the_licence_is_the_one_that_the_package_declares() -> None:
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in licence
    assert "Version 2.0" in licence
