"""Library scenarios with something odd in some place: loaded, or refused with located errors.

Whatever stands where, loading ends in a plan or in a :class:`ScenarioError`; anything else would
be our own failure shown to a user.
"""

import copy
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from scenarios.load import load
from scenarios.source.problems import Problem, ScenarioError

LIBRARY = Path(__file__).parents[2] / "scenarios" / "library"
FOLDERS = sorted({path.parent.name for path in LIBRARY.rglob("*.yaml")})
ODD = (
    None, 0, -1, 1, 3.5, 1e308, "", ".", "0s", "-1s", "1ns", "1e9s", "100%", "-5%", "nan", "inf",
    True, [], {}, [[]], {"a": 1}, [1], ["a", "a"], "x" * 300, "*", "a -> b", "é", "1h", "1/s",
    "0/s", "1e9/s",
)  # fmt: skip
MUTANTS = 60
Place = tuple[Any, ...]


def places(data: Any, place: Place = ()) -> Iterator[Place]:
    if place:
        yield place
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from places(value, (*place, key))


def with_on(data: Any) -> Any:
    """Keys called ``on``, which YAML 1.1 takes for true."""
    if isinstance(data, dict):
        return {"on" if key is True else key: with_on(value) for key, value in data.items()}
    return [with_on(value) for value in data] if isinstance(data, list) else data


def at(data: Any, place: Place) -> Any:
    for key in place:
        data = data[key]
    return data


def mutated(document: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """One value is lost, misspelt, replaced by another of the file, or by something odd."""
    changed = copy.deepcopy(document)
    everywhere = list(places(changed))
    *way, key = dice.choice(everywhere)
    section = at(changed, tuple(way))
    match dice.randrange(4):
        case 0:
            del section[key]
        case 1 if isinstance(section, dict):
            section[f"{key}x"] = section.pop(key)
        case 2:
            section[key] = copy.deepcopy(at(document, dice.choice(everywhere)))
        case _:
            section[key] = dice.choice(ODD)
    return changed


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_mutated_file_is_loaded_or_refused_where_it_is_wrong(folder: str, tmp_path: Path) -> None:
    shutil.copytree(LIBRARY, tmp_path, dirs_exist_ok=True)
    home = tmp_path / folder
    documents = [
        document
        for path in sorted(home.glob("*.yaml"))
        if "services" in (document := with_on(yaml.safe_load(path.read_text(encoding="utf-8"))))
    ]
    dice = random.Random(folder)
    problems: list[Problem] = []
    refused = 0
    for _ in range(MUTANTS):
        text = yaml.safe_dump(mutated(dice.choice(documents), dice), allow_unicode=True)
        (home / "mutant.yaml").write_text(text, encoding="utf-8")
        try:
            load(home / "mutant.yaml")
        except ScenarioError as error:
            refused += 1
            problems += error.problems
    assert 0 < refused < MUTANTS
    assert len(problems) >= refused
    assert all(problem.mark.line >= 1 and problem.message for problem in problems)


def test_a_misspelt_key_of_a_section_that_may_be_one_word_is_located(tmp_path: Path) -> None:
    shutil.copytree(LIBRARY / "capacity", tmp_path / "capacity")
    path = tmp_path / "capacity" / "stepped-load.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    services = document["services"]
    services["stock-db"]["instances"]["spread"] = {"zonne": "a"}
    services["stock"]["endpoints"]["GET /level"]["calls"] = [{"paralel": ["stock-db.SELECT"]}]
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    headlines = "\n".join(problem.headline() for problem in caught.value.problems)
    assert "instances.spread.zonne: unknown field, did you mean 'zone'?" in headlines
    assert "calls[0].paralel: unknown field, did you mean 'parallel'?" in headlines
