"""The functions of templates: what each takes, checked before it is called.

``query``, ``externalURL`` and ``pathPrefix`` depend on where the template is filled in, and
``and`` and ``or`` on what is not to be evaluated; these five are not in the table.

Source: prometheus template/template.go; Go package text/template (funcs.go).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from models.alerting.templating import comparison, containers, humanizing, printing, texts
from models.alerting.templating.values import (
    ExpansionError,
    Sample,
    Table,
    Value,
    is_true,
    type_name,
)


class Kind(Enum):
    """What an argument has to be."""

    ANY = "anything"
    TEXT = "string"
    SAMPLE = "*template.sample"
    VECTOR = "template.queryResult"


@dataclass(frozen=True, slots=True)
class Definition:
    """A function; with ``repeats`` any number of further arguments of any kind may follow."""

    apply: Callable[..., Value]
    takes: tuple[Kind, ...]
    repeats: bool = False

    def called(self, name: str, arguments: Sequence[Value]) -> Value:
        """The result for these arguments.

        Raises:
            ExpansionError: they are too few, too many, of the wrong kind, or without a result.
        """
        wanted, got = len(self.takes), len(arguments)
        if got < wanted or (got > wanted and not self.repeats):
            least = "at least " if self.repeats else ""
            raise ExpansionError(f"wrong number of args for {name}: want {least}{wanted} got {got}")
        for kind, argument in zip(self.takes, arguments, strict=False):
            if not _fits(kind, argument):
                raise ExpansionError(f"{name} wants {kind.value}, not {type_name(argument)}")
        return self.apply(*arguments)


def _fits(kind: Kind, value: Value) -> bool:
    match kind:
        case Kind.ANY:
            return True
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.SAMPLE:
            return isinstance(value, Sample)
        case Kind.VECTOR:
            return isinstance(value, tuple)


def _of_any(apply: Callable[..., Value]) -> Definition:
    return Definition(apply, (Kind.ANY,))


def _of_two(apply: Callable[..., Value]) -> Definition:
    return Definition(apply, (Kind.ANY, Kind.ANY))


def _of_text(apply: Callable[..., Value]) -> Definition:
    return Definition(apply, (Kind.TEXT,))


def _of_all(apply: Callable[[str], str]) -> Definition:
    return Definition(lambda *values: apply(printing.joined(values)), (), repeats=True)


def _arguments(*values: Value) -> Table:
    return Table({f"arg{index}": value for index, value in enumerate(values)}, missing=None)


FUNCTIONS: Mapping[str, Definition] = {
    "args": Definition(_arguments, (), repeats=True),
    "eq": Definition(comparison.equal, (Kind.ANY,), repeats=True),
    "first": Definition(containers.first, (Kind.VECTOR,)),
    "ge": _of_two(comparison.greater_or_equal),
    "graphLink": _of_text(texts.graph_link),
    "gt": _of_two(comparison.greater),
    "html": _of_all(texts.escaped_html),
    "humanize": _of_any(humanizing.humanize),
    "humanize1024": _of_any(humanizing.humanize_1024),
    "humanizeDuration": _of_any(humanizing.humanize_duration),
    "humanizePercentage": _of_any(humanizing.humanize_percentage),
    "humanizeTimestamp": _of_any(humanizing.humanize_timestamp),
    "index": Definition(containers.index, (Kind.ANY,), repeats=True),
    "label": Definition(lambda name, sample: sample.labels[name], (Kind.TEXT, Kind.SAMPLE)),
    "le": _of_two(comparison.less_or_equal),
    "len": _of_any(containers.length),
    "lt": _of_two(comparison.less),
    "match": Definition(texts.matches, (Kind.TEXT, Kind.TEXT)),
    "ne": _of_two(comparison.not_equal),
    "not": _of_any(lambda value: not is_true(value)),
    "parseDuration": _of_text(texts.duration_seconds),
    "print": Definition(printing.print_plain, (), repeats=True),
    "printf": Definition(printing.printf, (Kind.TEXT,), repeats=True),
    "println": Definition(printing.print_line, (), repeats=True),
    "reReplaceAll": Definition(texts.replaced, (Kind.TEXT, Kind.TEXT, Kind.TEXT)),
    "safeHtml": _of_text(lambda text: text),
    "slice": Definition(containers.part, (Kind.ANY,), repeats=True),
    "sortByLabel": Definition(containers.sorted_by_label, (Kind.TEXT, Kind.VECTOR)),
    "stripDomain": _of_text(texts.without_domain),
    "stripPort": _of_text(texts.without_port),
    "strvalue": Definition(lambda sample: sample.labels["__value__"], (Kind.SAMPLE,)),
    "tableLink": _of_text(texts.table_link),
    "title": _of_text(texts.title),
    "toLower": _of_text(texts.lower),
    "toTime": _of_any(humanizing.instant),
    "toUpper": _of_text(texts.upper),
    "urlquery": _of_all(texts.escaped_query),
    "value": Definition(lambda sample: sample.value, (Kind.SAMPLE,)),
}
