"""Surroundings in which a run must leave the same bytes, and a way to run Python in each.

Each environment differs from the first in everything it can: hash seed, working directory,
locale and time zone; and the last two switch off what a processor or a C library could use to
compute the same function with other roundings.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
_INHERITED = ("PATH", "HOME", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Environment:
    """A name for test ids, and the variables that are set beside a bare minimum."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)


def found_cpu_features() -> tuple[str, ...]:
    """Every dispatched feature that numpy reports as found on this processor."""
    extensions = np.show_config(mode="dicts")["SIMD Extensions"]
    return tuple(extensions.get("found", ()))


def environments() -> tuple[Environment, ...]:
    """The plain surroundings first, then the variations."""
    return (
        Environment("plain", {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"}),
        Environment("other-hash-seed", {"PYTHONHASHSEED": "4242"}),
        Environment(
            "other-locale", {"LC_ALL": "C.UTF-8", "LANG": "de_DE.UTF-8", "TZ": "Asia/Tokyo"}
        ),
        Environment("no-simd", {"NPY_DISABLE_CPU_FEATURES": " ".join(found_cpu_features())}),
        Environment("no-fma", {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F"}),
    )


def run_python(
    code: str, environment: Environment, *, cwd: Path, arguments: tuple[str, ...] = ()
) -> str:
    """Run ``python -c code`` from the directory ``cwd`` and return what it printed.

    The project is importable wherever ``cwd`` is. A process that fails fails the test, with
    what it wrote to stderr.
    """
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env={**inherited, "PYTHONPATH": str(ROOT), **environment.variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, f"in environment {environment.name}:\n{result.stderr}"
    return result.stdout
