"""The command line in a process of its own, as a shell would start it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = Path(__file__).parent / "files"
SMALL = FILES / "small.yaml"
COMMAND = (sys.executable, "-m", "scenarios.cli.main")


def surroundings(**variables: str) -> dict[str, str]:
    """The environment of a process that finds our packages wherever it starts."""
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    return {**kept, "PYTHONPATH": str(ROOT), **variables}


def foreshock(
    *arguments: str | Path, cwd: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run ``foreshock`` with these arguments and wait for its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=surroundings(**variables),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
