"""Linter, formatter and type checker find nothing, and would find something if it were there."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT


def tool(*command: str, source: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        input="" if source is None else source,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_linter_finds_nothing() -> None:
    result = tool("ruff", "check", "--no-cache", "--output-format", "concise", ".")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("TID251", "STARTED = time.time()"),
        ("TID252", "from .other import x"),
        ("BLE001", "try:\n    x = 1\nexcept Exception:\n    x = 2"),
        ("T201", "print(1)"),
        ("D103", "def undocumented() -> None: ..."),
        ("ERA001", "# x = f(1)"),
        ("DTZ005", "datetime.datetime.now()"),
        ("PLR0913", "def f(a, b, c, d, e, f, g, h, i): ..."),
    ],
)
def test_the_linter_catches_what_it_must(code: str, line: str) -> None:
    source = f'"""M."""\n\nimport datetime\nimport time\n\n{line}\n'
    result = tool(
        "ruff", "check", "--no-cache", "--output-format", "concise",
        "--stdin-filename", "models/base/bad.py", "-", source=source,
    )  # fmt: skip
    assert result.returncode == 1
    assert f" {code} " in result.stdout


def test_the_formatter_would_change_nothing() -> None:
    result = tool("ruff", "format", "--no-cache", "--check", ".")
    assert result.returncode == 0, result.stdout


def test_the_formatter_catches_what_it_would_change() -> None:
    result = tool(
        "ruff", "format", "--no-cache", "--check", "--stdin-filename", "models/base/bad.py", "-",
        source="x = {'a':1}\n",
    )  # fmt: skip
    assert result.returncode == 1


def test_the_type_checker_finds_nothing() -> None:
    result = tool("mypy", "--no-color-output")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("code", "source"),
    [
        ("no-untyped-def", "def f(x):\n    return x\n"),
        ("type-arg", "def f(x: dict) -> None: ...\n"),
        ("arg-type", "def f(x: int) -> int:\n    return x\n\n\nf('a')\n"),
    ],
)
def test_the_type_checker_is_strict(tmp_path: Path, code: str, source: str) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(source, encoding="utf-8")
    result = tool(
        "mypy", "--no-color-output", "--no-incremental", "--config-file", "pyproject.toml", str(bad)
    )
    assert result.returncode == 1
    assert f"[{code}]" in result.stdout
