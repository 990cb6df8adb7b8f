"""Which files make up the project: what a commit would hold, by kind."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("models", "sim", "scenarios", "reports")
FOLDERS = frozenset({*PACKAGES, "tests", "notebooks"})

_TEXT_SUFFIXES = frozenset(
    {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".json", ".html", ".css", ".js", ".csv",
     ".ipynb", ".cfg", ".ini", ".sh", ".svg", ".j2", ""}
)  # fmt: skip


def project_files(root: Path = ROOT) -> list[Path]:
    """Files that are committed or would be, relative to ``root``; without git, all but hidden."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root, capture_output=True, check=False,
    )  # fmt: skip
    if listing.returncode == 0:
        names = [Path(name) for name in listing.stdout.decode().split("\0") if name]
    else:
        names = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
        names = [name for name in names if not is_generated(name)]
    return sorted(name for name in names if (root / name).is_file())


def is_generated(name: Path) -> bool:
    """Whether a file belongs to a cache or an environment and not to the project."""
    return any(part.startswith(".") and part != ".ci" for part in name.parts[:-1]) or (
        "__pycache__" in name.parts
    )


def modules(*folders: str) -> Iterator[tuple[Path, str]]:
    """Python files of the given top-level folders with their source."""
    for name in project_files():
        if name.suffix == ".py" and name.parts[0] in folders:
            yield name, (ROOT / name).read_text(encoding="utf-8")


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the project with its content; undecodable ones are not text."""
    for name in project_files():
        if name.suffix in _TEXT_SUFFIXES:
            try:
                yield name, (ROOT / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
