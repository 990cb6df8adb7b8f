"""`foreshock rules`: check rule files, and run their unit tests, with promtool's verdicts."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models.base.errors import ForeshockError

if TYPE_CHECKING:
    from models.alerting.config import RuleGroupConfig

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FAILED = 1


@click.group("rules")
def command() -> None:
    """Check Prometheus rule files, and run their unit tests (promtool's format and exit codes)."""


@command.command("check")
@click.argument("files", nargs=-1, required=True, type=_FILE)
def check(files: tuple[Path, ...]) -> int:
    """Check the rules in FILES. Exit codes: 0 all are sound, 1 one is not."""
    from scenarios.rules.read import read_rule_file

    verdict = 0
    for file in files:
        click.echo(f"Checking {file}")
        try:
            groups = read_rule_file(file)
        except ForeshockError as error:
            click.echo(f"  FAILED:\n{_indented(str(error))}\n", err=True)
            verdict = _FAILED
            continue
        count = sum(len(group.rules) for group in groups)
        click.echo(f"  SUCCESS: {count} {'rule' if count == 1 else 'rules'} found")
        for name, times in _duplicates(groups):
            click.echo(f"  warning: {times} rules are called {name} and have the same labels")
        click.echo()
    return verdict


@command.command("test")
@click.argument("files", nargs=-1, required=True, type=_FILE)
def test(files: tuple[Path, ...]) -> int:
    """Run the unit tests in FILES. Exit codes: 0 all hold, 1 one does not."""
    verdict = 0
    for file in files:
        click.echo(f"Unit testing: {file}")
        try:
            complaints = _complaints(file)
        except ForeshockError as error:
            complaints = [str(error)]
        if complaints:
            verdict = _FAILED
            listed = "\n\n".join(_indented(one) for one in complaints)
            click.echo(f"  FAILED:\n{listed}\n", err=True)
        else:
            click.echo("  SUCCESS\n")
    return verdict


def _complaints(file: Path) -> list[str]:
    from models.alerting.rule_tests.trial import Trial
    from scenarios.rules.read_tests import read_rule_tests

    read = read_rule_tests(file)
    for pattern in read.unmatched:
        click.echo(f"  warning: no rule file matches {pattern}", err=True)
    complaints = []
    for number, one in enumerate(read.tests, start=1):
        trial = Trial(one, read.groups, interval_ns=read.interval_ns, is_fuzzy=read.is_fuzzy)
        name = one.name or f"test {number}"
        complaints += [f"{name}: {found}" for found in trial.run()]
    return complaints


def _duplicates(groups: "tuple[RuleGroupConfig, ...]") -> list[tuple[str, int]]:
    counts = Counter((rule.name, rule.labels) for group in groups for rule in group.rules)
    return [(name, times) for (name, _), times in counts.items() if times > 1]


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
