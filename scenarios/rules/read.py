"""From a file to located data, and from a rule file to its groups."""

from pathlib import Path

from models.alerting.config import RuleGroupConfig
from models.alerting.rule_file import parse_rule_file
from scenarios.source.problems import Problems
from scenarios.source.text import read_source
from scenarios.source.tree import LocatedData, flatten
from scenarios.source.yaml_reader import PROMETHEUS, read_yaml


def read_located(path: Path, label: str, problems: Problems) -> LocatedData | None:
    """What the YAML file says, with the place of every value.

    Raises:
        ScenarioError: it is no YAML; has every reason, located.
        OSError: it cannot be read.
    """
    read = read_source(
        path.read_bytes(),
        name=str(path),
        label=f"{label} {path.name}",
        directory=path.parent,
        rank=0,
        problems=problems,
    )
    root = None if read is None else read_yaml(read[1], read[0], problems, PROMETHEUS)
    located = None if root is None else flatten(root, problems)
    problems.raise_if_any()
    return located


def read_rule_file(path: Path) -> tuple[RuleGroupConfig, ...]:
    """The groups of a Prometheus rule file; none for an empty one.

    Raises:
        ScenarioError: something is wrong with it; has every reason, located.
        OSError: it cannot be read.
    """
    problems = Problems()
    located = read_located(path, "rules", problems)
    if located is None:
        return ()

    def locate(at: tuple[str | int, ...]) -> tuple[int, int]:
        mark = located.value_mark(at)
        return mark.line, mark.column

    outcome = parse_rule_file(located.data, locate)
    for problem in outcome.problems:
        is_key = problem.message.startswith("unknown field")
        mark = located.key_mark(problem.path) if is_key else located.value_mark(problem.path)
        problems.add(mark, problem.path, problem.message)
    problems.raise_if_any()
    return outcome.groups
