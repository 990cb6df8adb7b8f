"""Entry point. Makes sure that the packages are ours before it imports the first of them.

The names of our packages are common words. A folder called ``models`` on ``PYTHONPATH`` comes
before ours, and all that a user would see is an import error from deep inside.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

from scenarios.cli.exits import Exit

PACKAGES = ("models", "sim", "scenarios", "reports")
HOME = Path(__file__).resolve().parents[2]


def foreign_packages(home: Path = HOME) -> tuple[tuple[str, Path], ...]:
    """Packages of our names that Python finds outside ``home``, each with its place."""
    found = []
    for name in PACKAGES:
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            place = Path(spec.origin).resolve().parent
            if place.parent != home:
                found.append((name, place))
    return tuple(found)


def main() -> None:
    """Run the command line and leave with the exit code that fits."""
    foreign = foreign_packages()
    for name, place in foreign:
        sys.stderr.write(
            f"error: the package '{name}' in {place} hides foreshock's own; run from another"
            " directory or take its parent out of PYTHONPATH\n"
        )
    if foreign:
        sys.exit(Exit.BAD_INPUT)
    try:
        from scenarios.cli.commands import run_command_line

        code = run_command_line(sys.argv[1:])
    except KeyboardInterrupt:  # before or after the command, which has its own way with it
        sys.stderr.write("interrupted\n")
        code = Exit.INTERRUPTED
    sys.exit(code)


if __name__ == "__main__":
    main()
