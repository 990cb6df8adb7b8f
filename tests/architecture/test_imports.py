"""The import contracts hold; each is broken once on purpose in a house of empty rooms."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

LINT = "from importlinter.cli import lint_imports_command as run; run()"
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, "--config", "pyproject.toml", "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def empty_house(root: Path) -> None:
    """The packages that the contracts name, with nothing in them, under the same contracts."""
    (root / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    settings = tomllib.loads(PYPROJECT)["tool"]["importlinter"]
    for package in settings["root_packages"]:
        front(root / package)
    for contract in settings["contracts"]:
        for container in contract.get("containers", ()):
            for layer in contract["layers"]:
                for room in layer.split("|"):
                    front(root / container / room.strip(" ()"))


def front(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__init__.py").touch()


def test_the_contracts_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_an_empty_house_keeps_the_contracts(tmp_path: Path) -> None:
    empty_house(tmp_path)
    result = lint(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("reports/page.py", "import sim.kernel", "scenarios above sim and reports"),
        ("models/base/x.py", "import scenarios", "scenarios above sim and reports"),
        ("models/discovery/x.py", "import models.traffic", "inside models"),
        ("models/base/x.py", "import models.records", "inside models"),
        ("models/extra/__init__.py", "", "inside models"),
        ("sim/kernel/x.py", "import sim.nodes", "inside sim"),
        ("sim/recording/x.py", "import sim.chaos", "inside sim"),
        ("models/traffic/x.py", "import time", "decisions own no clock"),
        ("models/traffic/x.py", "import random", "decisions own no clock"),
        ("models/runtime/x.py", "import threading", "decisions own no clock"),
        ("scenarios/x.py", "import simpy", "only sim knows SimPy"),
        ("sim/x.py", "import matplotlib.figure", "only reports draws"),
    ],
)
def test_a_forbidden_import_is_caught(
    tmp_path: Path, module: str, line: str, contract: str
) -> None:
    empty_house(tmp_path)
    path = tmp_path / module
    path.parent.mkdir(exist_ok=True)
    path.write_text(line + "\n", encoding="utf-8")
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert any(contract in row and "BROKEN" in row for row in result.stdout.splitlines())


def test_the_runtime_may_see_the_clock(tmp_path: Path) -> None:
    empty_house(tmp_path)
    (tmp_path / "models/runtime/driver.py").write_text("import asyncio\nimport time\n")
    assert lint(tmp_path).returncode == 0
