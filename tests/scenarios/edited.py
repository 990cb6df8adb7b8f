"""The small valid scenario with some of its text changed."""

from pathlib import Path

from scenarios.load import LoadedScenario, load
from scenarios.source.problems import ScenarioError

TWO_TIER = Path(__file__).parent / "files" / "two-tier.yaml"
ARRIVALS = "{rate: 200/s}"
LAST_LINE = '  - {recovery: "faults[0]", within: 1m}\n'


def write_edited(directory: Path, *edits: tuple[str, str]) -> Path:
    """Write the file with each old text, which must be there, replaced once."""
    text = TWO_TIER.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    path = directory / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def load_edited(directory: Path, *edits: tuple[str, str]) -> LoadedScenario:
    """Load the edited file."""
    return load(write_edited(directory, *edits))


def messages(directory: Path, *edits: tuple[str, str]) -> list[str]:
    """What is wrong with the edited file, as ``name:line:column: path: message``."""
    try:
        load_edited(directory, *edits)
    except ScenarioError as error:
        lines = [problem.headline() for problem in error.problems]
        return [line.replace(f"{directory}/", "").replace("error: ", "", 1) for line in lines]
    return []
