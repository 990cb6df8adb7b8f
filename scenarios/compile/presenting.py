"""Presentations: those that come with the package by name, others by the path of a mapping file."""

from importlib.resources import files
from pathlib import Path, PurePosixPath

from models.telemetry.presenting.facts import FACTS, RESPONSE_DURATION, words_of
from models.telemetry.presenting.presentation import (
    Presentation,
    PresentedMetric,
    Shape,
    Target,
    placeholders,
)
from scenarios.compile.findings import Findings, unknown_name
from scenarios.document.presenting import PresentationDoc, PresentedMetricDoc
from scenarios.document.validate import validate_section
from scenarios.source.files import NamedFile
from scenarios.source.marks import KeyPath, Mark
from scenarios.source.problems import Problems, quoted
from scenarios.source.text import read_source
from scenarios.source.tree import LocatedData, flatten
from scenarios.source.yaml_reader import read_yaml

SHIPPED = ("envoy", "haproxy", "istio", "kube-state-metrics", "node-exporter")
_SUFFIXES = (".yml", ".yaml", ".json")
_RANK = 700
"""Problems of mapping files are told after those of rule files."""


def compile_presentations(
    references: tuple[str, ...], findings: Findings
) -> tuple[Presentation, ...]:
    """One presentation per entry; a name twice, or a name nobody knows, is a problem."""
    found: dict[str, Presentation] = {}
    for index, reference in enumerate(references):
        path: KeyPath = ("alerting", "present_as", index)
        if reference in SHIPPED:
            presentations = [_shipped(reference, findings)]
        elif reference.endswith(_SUFFIXES):
            mark = findings.located.value_mark(path)
            named = findings.files.matching(reference, mark, path)
            presentations = [_from_file(file, mark, findings.problems) for file in named]
        else:
            findings.at_value(path, _unknown(reference))
            continue
        for presentation in presentations:
            if presentation is not None and presentation.name in found:
                findings.at_value(path, f"{quoted(presentation.name)} is there already")
            elif presentation is not None:
                found[presentation.name] = presentation
    return tuple(found.values())


def _unknown(reference: str) -> str:
    return f"{unknown_name('presentation', reference, SHIPPED)}; a mapping file ends in .yml"


def _shipped(name: str, findings: Findings) -> Presentation | None:
    place = files("scenarios") / "presentations" / f"{name}.yml"
    mark = findings.located.value_mark(("alerting", "present_as"))
    return _from_file(NamedFile(f"{name}.yml", place.read_bytes()), mark, findings.problems)


def _from_file(file: NamedFile, mark: Mark, problems: Problems) -> Presentation | None:
    read = read_source(
        file.content,
        name=file.name,
        label=f"metrics {file.name}",
        directory=Path(file.name).parent,
        rank=mark.source.rank + _RANK,
        problems=problems,
    )
    root = None if read is None else read_yaml(read[1], read[0], problems)
    located = None if root is None else flatten(root, problems)
    doc = None if located is None else validate_section(PresentationDoc, located, problems)
    if doc is None or located is None:
        return None
    target = Target(doc.target)
    for index, metric in enumerate(doc.metrics):
        _check(metric, ("metrics", index), target, located, problems)
    return Presentation(
        name=PurePosixPath(file.name.replace("\\", "/")).stem,
        target=target,
        metrics=tuple(_metric(metric) for metric in doc.metrics),
        job=doc.job or "",
    )


def _metric(doc: PresentedMetricDoc) -> PresentedMetric:
    return PresentedMetric(
        name=doc.name,
        shape=Shape(doc.type),
        of=doc.of or "",
        value=doc.value or 0.0,
        scale=doc.scale,
        labels=tuple(sorted(doc.labels.items())),
        where=tuple(sorted(doc.where.items())),
        bounds=doc.buckets,
    )


def _check(
    doc: PresentedMetricDoc,
    path: KeyPath,
    target: Target,
    located: LocatedData,
    problems: Problems,
) -> None:
    """A metric shows something there is, in a shape it can have, with words it knows."""

    def wrong(key: str, message: str) -> None:
        problems.add(located.value_mark((*path, key)), (*path, key), message)

    if (doc.of is None) == (doc.value is None):
        wrong("name", "a metric needs either 'of', the fact it shows, or a constant 'value'")
        return
    facts = FACTS[target]
    if doc.of is not None and doc.of not in facts:
        wrong("of", unknown_name("fact", doc.of, facts))
        return
    is_spread = doc.of == RESPONSE_DURATION
    if is_spread != (doc.type == "histogram"):
        wrong("type", f"{doc.of or 'a constant'} cannot be shown as a {doc.type}")
    if is_spread != bool(doc.buckets):
        wrong("buckets", "buckets are for histograms, and each histogram needs some")
    _check_words(doc, path, target, located, problems)


def _check_words(
    doc: PresentedMetricDoc,
    path: KeyPath,
    target: Target,
    located: LocatedData,
    problems: Problems,
) -> None:
    known = words_of(target, doc.of or "")
    used = [
        (("labels", name), word) for name, text in doc.labels.items() for word in placeholders(text)
    ]
    used += [(("where", word), word) for word in doc.where]
    for inner, word in used:
        if word not in known:
            place = (*path, *inner)
            message = unknown_name("word", word, sorted(known))
            problems.add(located.value_mark(place), place, message)
