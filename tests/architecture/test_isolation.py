"""Hot deciders import with every heavy library out of reach."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

BLOCKED = ("simpy", "pandas", "matplotlib", "pydantic", "scipy")
IMPORT_ALL = """
import importlib, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ImportError(name + " is out of reach here")

sys.meta_path.insert(0, Blocked())
package = importlib.import_module({package!r})
names = [m.name for m in pkgutil.walk_packages(package.__path__, {package!r} + ".")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def import_all(package: str, root: Path) -> subprocess.CompletedProcess[str]:
    """Import every module of a package in a fresh interpreter without the blocked libraries."""
    script = IMPORT_ALL.format(blocked=BLOCKED, package=package)
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "package", ["models.discovery", "models.traffic", "models.scheduling", "models.storage"]
)
def test_deciders_import_without_heavy_libraries(package: str) -> None:
    result = import_all(package, ROOT)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) >= 1


@pytest.mark.parametrize("library", BLOCKED)
def test_a_heavy_import_anywhere_in_the_package_is_caught(tmp_path: Path, library: str) -> None:
    inner = tmp_path / "rooms" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "rooms" / "__init__.py").touch()
    (inner / "__init__.py").touch()
    (inner / "heavy.py").write_text(f"import {library}\n", encoding="utf-8")
    result = import_all("rooms", tmp_path)
    assert result.returncode == 1
    assert f"{library} is out of reach here" in result.stderr
