"""A template of an alert's label or annotation, compiled once and filled in for each alert.

    {{ $labels.job }} at {{ $value | humanizePercentage }}
    {{ range query "up == 0" }}{{ .Labels.instance }} {{ end }}

It knows ``$labels``, ``$externalLabels``, ``$externalURL`` and ``$value``, and as fields of the
dot ``Labels``, ``ExternalLabels``, ``ExternalURL`` and ``Value``. What is wrong with its text
fails when it is compiled. What fails while it is filled in becomes its text, as in Prometheus,
so that an alert with a bad annotation is sent all the same.

Where Prometheus would print addresses of memory (a whole query result), the samples are printed;
``safeHtml`` gives a plain text.

Source: semantics 3.1; prometheus template/template.go, rules/alerting.go.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlsplit

from models.alerting.templating.evaluation import Evaluation, LocatedError
from models.alerting.templating.functions import FUNCTIONS, Definition, Kind
from models.alerting.templating.nodes import (
    Action,
    Block,
    Command,
    Constant,
    Function,
    If,
    Literal,
    Nested,
    Pipeline,
    Range,
    With,
)
from models.alerting.templating.parser import parse
from models.alerting.templating.tokens import position
from models.alerting.templating.values import AlertData, ExpansionError, Sample, Table, Value
from models.base.errors import ConfigError, ValueSyntaxError
from models.telemetry.labels import LabelSet
from models.telemetry.promql.plan.moment import EvaluationError
from models.telemetry.series import VectorSample

Query: TypeAlias = Callable[[str], tuple[VectorSample, ...]]

_LOCAL = ("query", "externalURL", "pathPrefix")
_FUNCTION_NAMES = frozenset((*FUNCTIONS, *_LOCAL, "and", "or"))
_VARIABLES = ("$", "$labels", "$externalLabels", "$externalURL", "$value")
_VERB = re.compile(r"%[-+# 0-9.]*([a-zA-Z%])")


def no_query(_: str) -> tuple[VectorSample, ...]:
    """For templates that are filled in where there are no series."""
    raise ConfigError("there is nobody to ask")


@dataclass(frozen=True, slots=True)
class Occasion:
    """The element of a rule's result that a template is filled in for, and where that happens.

    ``query`` evaluates PromQL at the instant of the rule's evaluation.
    """

    labels: LabelSet
    value: float
    external_labels: tuple[tuple[str, str], ...] = ()
    external_url: str = ""
    query: Query = no_query


@dataclass(frozen=True, slots=True)
class Template:
    """A text that is filled in. Templates of one text are equal."""

    text: str
    _block: Block = field(compare=False, repr=False)
    _is_local: bool = field(compare=False, repr=False, default=False)

    def expand(self, occasion: Occasion) -> str:
        """The text for this occasion; one that tells of the error when there is one."""
        if all(isinstance(node, Literal) for node in self._block):
            return "".join(node.text for node in self._block if isinstance(node, Literal))
        data = AlertData(
            Table(dict(occasion.labels)),
            Table(dict(occasion.external_labels)),
            occasion.external_url,
            float(occasion.value),
        )
        variables: dict[str, Value] = {
            "$": data,
            "$labels": data.labels,
            "$externalLabels": data.external_labels,
            "$externalURL": data.external_url,
            "$value": data.value,
        }
        local = _local(occasion) if self._is_local else {}
        try:
            return Evaluation(data, variables, local).text(self._block)
        except LocatedError as error:
            line, column = position(self.text, error.place)
            return f"<error expanding template: {line}:{column}: {error}>"

    def queries(self) -> tuple[str, ...]:
        """What it asks of the store, as far as the text shows.

        A ``printf`` in front of ``query`` counts with a name or a number for each verb.
        """
        found = []
        for pipeline in _pipelines(self._block):
            before: Command | None = None
            for command in pipeline.commands:
                asked = _asked(command, before)
                if asked is not None:
                    found.append(asked)
                before = command
        return tuple(dict.fromkeys(found))


def compile_template(text: str) -> Template:
    """Read a template.

    Raises:
        TemplateError: it is not sound, or has parts that are not supported.
    """
    if "{{" not in text:
        return Template(text, (Literal(text),) if text else ())
    block = parse(text, functions=_FUNCTION_NAMES, variables=_VARIABLES)
    return Template(text, block, any(name in text for name in _LOCAL))


def _local(occasion: Occasion) -> dict[str, Definition]:
    def query(text: str) -> Value:
        try:
            samples = occasion.query(text)
        except (ValueSyntaxError, ConfigError, EvaluationError) as error:
            raise ExpansionError(str(error)) from error
        return tuple(Sample(Table(dict(one.labels)), one.value) for one in samples)

    url = occasion.external_url
    return {
        "query": Definition(query, (Kind.TEXT,)),
        "externalURL": Definition(lambda: url, ()),
        "pathPrefix": Definition(lambda: urlsplit(url).path, ()),
    }


def _pipelines(block: Block) -> Iterator[Pipeline]:
    for node in block:
        if isinstance(node, Action | If | With | Range):
            yield from _with_nested(node.pipeline)
        if isinstance(node, If | With | Range):
            yield from _pipelines(node.then)
            yield from _pipelines(node.otherwise)


def _with_nested(pipeline: Pipeline) -> Iterator[Pipeline]:
    yield pipeline
    for command in pipeline.commands:
        for operand in command.operands:
            if isinstance(operand, Nested):
                yield from _with_nested(operand.pipeline)


def _asked(command: Command, before: Command | None) -> str | None:
    first, *rest = command.operands
    if not isinstance(first, Function) or first.name != "query":
        return None
    operand = rest[0] if rest else None
    if isinstance(operand, Constant) and isinstance(operand.value, str):
        return operand.value
    if isinstance(operand, Nested):
        return _likely_text(operand.pipeline.commands[-1])
    return None if before is None or rest else _likely_text(before)


def _likely_text(command: Command) -> str | None:
    first, *rest = command.operands
    if isinstance(first, Constant) and isinstance(first.value, str):
        return first.value
    if not (isinstance(first, Function) and first.name == "printf" and rest):
        return None
    form = rest[0]
    if not (isinstance(form, Constant) and isinstance(form.value, str)):
        return None
    stand_in = {"%": "%", "q": '"x"', "s": "x", "v": "x"}
    return _VERB.sub(lambda verb: stand_in.get(verb[1], "1"), form.value)
