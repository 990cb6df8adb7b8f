"""Asking promtool what PromQL expressions give, through a unit-test file that expects nothing.

promtool prints what it got instead of nothing, in full precision; what it does not complain about
gave nothing. Each expression ends in a comment with its number, by which its answer is found.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

VARIABLE = "FORESHOCK_PROMTOOL"
VERSION_MIN = (3, 5)
INTERVAL_S = 15
TIMEOUT_S = 120

_VERSION = re.compile(r"version (\d+)\.(\d+)")
_COMPLAINT = re.compile(
    r'expr: ("(?:\\.|[^"\\])*"), time: [^,]+,(?: err: (?P<error>.*)|\s+exp: nil\s+got: (?P<got>.*))'
)
_NUMBER = re.compile(r"# (\d+)\"$")
_SAMPLE = re.compile(r'\{((?:[^"}]|"(?:\\.|[^"\\])*")*)\} ([^,\s]+)(?:, |$)')
_LABEL = re.compile(r'"?([^\s",=]+)"?="((?:\\.|[^"\\])*)"')


class Question(NamedTuple):
    """An expression and the instant, in milliseconds since the first sample."""

    expression: str
    at_ms: int


class Answer(NamedTuple):
    """The values by label set, or the error in promtool's words."""

    values: dict[tuple[tuple[str, str], ...], float]
    error: str | None = None


def find() -> str | None:
    """The program named by the environment, or the one on the path."""
    return os.environ.get(VARIABLE) or shutil.which("promtool")


def missing() -> str | None:
    """Why there is nobody to ask, or None."""
    program = find()
    if program is None:
        return f"promtool is neither on the path nor named by {VARIABLE}"
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = _VERSION.search(told.stdout + told.stderr)
    if version is None:
        return f"{program} does not tell its version"
    found = (int(version.group(1)), int(version.group(2)))
    if found < VERSION_MIN:
        return f"promtool {found[0]}.{found[1]} is older than 3.5"
    return None


def ask(series: dict[str, str], questions: list[Question], folder: Path) -> list[Answer]:
    """One answer to each question about series given in promtool's notation."""
    last_ms = max(question.at_ms for question in questions)
    loaded_s = max(last_ms // 1000, INTERVAL_S * max(map(_length, series.values()))) + INTERVAL_S
    tests = [
        {"expr": f"{one.expression} # {number}", "eval_time": f"{one.at_ms}ms", "exp_samples": []}
        for number, one in enumerate(questions)
    ]
    tests.append({"expr": "vector(0) == 1", "eval_time": f"{loaded_s}s", "exp_samples": []})
    document = {
        "evaluation_interval": f"{INTERVAL_S}s",
        "tests": [
            {
                "interval": f"{INTERVAL_S}s",
                "input_series": [{"series": key, "values": one} for key, one in series.items()],
                "promql_expr_test": tests,
            }
        ],
    }
    path = folder / "questions.json"
    path.write_text(json.dumps(document))
    told = subprocess.run(
        [
            find() or "promtool",
            "--enable-feature=promql-experimental-functions",
            "test",
            "rules",
            str(path),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    return _answers(told.stdout + told.stderr, len(questions))


def _answers(output: str, count: int) -> list[Answer]:
    answers = [Answer({})] * count
    recognised = 0
    for complaint in _COMPLAINT.finditer(output):
        number = _NUMBER.search(complaint.group(1))
        assert number is not None, complaint.group()
        recognised += 1
        answers[int(number.group(1))] = Answer(
            {
                tuple(sorted(_LABEL.findall(labels))): float(value)
                for labels, value in _SAMPLE.findall(complaint.group("got") or "")
            },
            complaint.group("error"),
        )
    assert recognised == output.count("expr: "), output
    assert recognised or "SUCCESS" in output, output
    return answers


def _length(notation: str) -> int:
    return sum(1 + int(word.rpartition("x")[2]) if "x" in word else 1 for word in notation.split())
