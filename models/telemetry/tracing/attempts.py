"""The traces of a finished run: every attempt that was recorded, as a span.

A request is a trace. Its root is the user's request at its source, with one child for each try
that the source made; an attempt's parent is the attempt whose work made the call. An attempt
stands in the service that was called, with the times that its *caller* saw: it begins when
the call was sent and ends when its outcome was known, so links and queues are inside. An attempt
that reached no instance stands in the service that wanted to call. A retry links to the try
before it.

Ids follow from the run's seed and the numbers of request and attempt, so the same run gives the
same traces. Instants are ns since the run began; ``manifest.wall_start_ns`` is their epoch.

Source: OpenTelemetry semantic conventions, semantics 14.4; a call that its caller has given up
is no error of the called service, as conventions for RPC have it.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.base.outcome import TRIES_MAX, TRY_BITS, Decision, Outcome, RequestOutcome
from models.base.time import NS_PER_US
from models.records.manifest import CallNode, InstanceInfo, Manifest
from models.records.schema import NO_INDEX, NO_PARENT
from models.records.table import Table
from models.telemetry.tracing.analysis.assembly import Trace, assemble_one
from models.telemetry.tracing.context.identity import RANDOM, SAMPLED, SpanContext
from models.telemetry.tracing.context.ids import mixed
from models.telemetry.tracing.spans.attributes import AttributeValue
from models.telemetry.tracing.spans.span import (
    NO_SPAN,
    Link,
    Resource,
    Span,
    SpanKind,
    Status,
    StatusCode,
)

OUTCOME, TRY, WAIT_US, DECISION = (
    "foreshock.outcome", "foreshock.try", "foreshock.queue_wait_us", "foreshock.retry_decision",
)  # fmt: skip
CALLER, CALLEE, REQUEST = "foreshock.caller", "peer.service", "foreshock.request"

_FLAGS = SAMPLED | RANDOM
_ROUTE = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/\S*)")
_NO_ERROR = (Outcome.OK, Outcome.CALLER_GONE, Outcome.IN_FLIGHT)
_REQUEST_NO_ERROR = (RequestOutcome.COMPLETED, RequestOutcome.IN_FLIGHT)
_ROOT_SALT = 1 << 40
"""Span numbers of roots begin here, above those of attempts, which fit 32 bits."""

Row = dict[str, int]


class RunTraces:
    """The requests of a run as traces, built when asked for.

    ``requests`` and ``attempts`` are tables of ``models.records.schema``, rows in any order.
    """

    def __init__(self, manifest: Manifest, requests: Table, attempts: Table) -> None:
        self._manifest = manifest
        self._requests = requests
        self._attempts = attempts
        self._seed_half = mixed(manifest.seed) or 1

    def __len__(self) -> int:
        return len(self._requests)

    def trace(self, request: int) -> Trace | None:
        """The trace of a request; None if the run has no request of that number."""
        row = int(np.searchsorted(self._requests_sorted, request))
        if row == len(self) or self._requests_sorted[row] != request:
            return None
        return assemble_one(self._spans(int(self._request_order[row])))

    def traces(self, requests: Sequence[int] | None = None) -> Iterator[Trace]:
        """Traces of the given requests in that order, by default of all in order of arrival.

        Numbers that the run does not have are left out.
        """
        numbers = self._requests_sorted.tolist() if requests is None else requests
        return (trace for number in numbers if (trace := self.trace(number)) is not None)

    def spans(self) -> Iterator[Span]:
        """Every span of the run, trace by trace in order of arrival."""
        return (span for trace in self.traces() for span in trace.spans)

    @cached_property
    def _request_order(self) -> npt.NDArray[np.intp]:
        return np.argsort(self._requests["id"], kind="stable")

    @cached_property
    def _requests_sorted(self) -> npt.NDArray[np.int64]:
        ordered: npt.NDArray[np.int64] = self._requests["id"][self._request_order].astype(np.int64)
        return ordered

    @cached_property
    def _attempt_order(self) -> npt.NDArray[np.intp]:
        return np.lexsort((self._attempts["id"], self._attempts["request"]))

    @cached_property
    def _attempts_sorted(self) -> npt.NDArray[np.int64]:
        ordered: npt.NDArray[np.int64] = self._attempts["request"][self._attempt_order].astype(
            np.int64
        )
        return ordered

    def _spans(self, row: int) -> list[Span]:
        (request,) = _rows(self._requests, np.array([row]))
        trace_id = self._seed_half << 64 | mixed(request["id"] + 1)
        tries: dict[tuple[int, int, int], int] = {}
        spans = [self._root(request, trace_id)]
        for attempt in self._attempts_of(request["id"]):
            spans.append(self._attempt(attempt, trace_id, tries))
            tries[_place(attempt, attempt["try_decision"] & TRIES_MAX)] = attempt["id"]
        return spans

    def _attempts_of(self, request: int) -> Iterator[Row]:
        ordered = self._attempts_sorted
        first, last = np.searchsorted(ordered, request), np.searchsorted(ordered, request, "right")
        return _rows(self._attempts, self._attempt_order[first:last])

    def _root(self, request: Row, trace_id: int) -> Span:
        node = self._manifest.call_nodes[request["node"]]
        outcome = RequestOutcome(request["outcome"])
        is_error = outcome not in _REQUEST_NO_ERROR
        return Span(
            context=SpanContext(trace_id, _root_id(request["id"]), _FLAGS),
            parent_id=NO_SPAN,
            name=node.endpoint,
            kind=SpanKind.CLIENT,
            resource=Resource(self._manifest.sources[request["source"]]),
            start_ns=request["arrival_ns"],
            end_ns=request["arrival_ns"] + request["duration_ns"],
            status=_status(Outcome(request["last_outcome"]).name, is_error=is_error),
            attributes={
                REQUEST: request["id"],
                OUTCOME: outcome.name.lower(),
                **_route(node.endpoint),
                CALLEE: node.service,
            },
        )

    def _attempt(self, attempt: Row, trace_id: int, tries: dict[tuple[int, int, int], int]) -> Span:
        node = self._manifest.call_nodes[attempt["node"]]
        try_number = attempt["try_decision"] & TRIES_MAX
        parent = attempt["parent"]
        before = tries.get(_place(attempt, try_number - 1))
        outcome = Outcome(attempt["outcome"])
        is_sent = attempt["target"] != NO_INDEX
        return Span(
            context=SpanContext(trace_id, mixed(attempt["id"] + 1), _FLAGS),
            parent_id=_root_id(attempt["request"]) if parent == NO_PARENT else mixed(parent + 1),
            name=node.endpoint,
            kind=SpanKind.SERVER if is_sent else SpanKind.CLIENT,
            resource=self._resource(attempt, node),
            start_ns=attempt["start_ns"],
            end_ns=attempt["start_ns"] + attempt["duration_ns"],
            status=_status(outcome.name, is_error=outcome not in _NO_ERROR),
            attributes=self._facts(attempt, node, outcome),
            links=() if before is None else (_retry_of(trace_id, before),),
        )

    def _resource(self, attempt: Row, node: CallNode) -> Resource:
        index = attempt["target"]
        if index == NO_INDEX:
            return _instance(self._manifest.instances[attempt["caller"]], node.caller)
        return _instance(self._manifest.instances[index], node.service)

    def _facts(self, attempt: Row, node: CallNode, outcome: Outcome) -> dict[str, AttributeValue]:
        try_number = attempt["try_decision"] & TRIES_MAX
        decision = Decision(attempt["try_decision"] >> TRY_BITS)
        facts: dict[str, AttributeValue] = {
            CALLER: self._manifest.instances[attempt["caller"]].name,
            CALLEE: node.service,
            OUTCOME: outcome.name.lower(),
            TRY: try_number,
            **_route(node.endpoint),
        }
        if outcome not in _NO_ERROR:
            facts["error.type"] = outcome.name.lower()
        if try_number > 1 and "http.route" in facts:
            facts["http.request.resend_count"] = try_number - 1
        if decision is not Decision.NONE:
            facts[DECISION] = decision.name.lower()
        if attempt["wait_us"]:
            facts[WAIT_US] = attempt["wait_us"]
        return facts


def queue_wait_ns(span: Span) -> int:
    """How long an attempt stood in its target's queue, to the microsecond; 0 if it did not."""
    waited = span.attributes.get(WAIT_US, 0)
    return waited * NS_PER_US if isinstance(waited, int) else 0


def _rows(table: Table, rows: npt.NDArray[np.intp]) -> Iterator[Row]:
    columns = [values[rows].tolist() for values in table.numbers.values()]
    names = tuple(table.numbers)
    return (dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True))


def _root_id(request: int) -> int:
    return mixed(_ROOT_SALT + request)


def _place(attempt: Row, try_number: int) -> tuple[int, int, int]:
    """Which call of which work it is, and which try of it."""
    return attempt["parent"], attempt["node"], try_number


def _retry_of(trace_id: int, attempt: int) -> Link:
    context = SpanContext(trace_id, mixed(attempt + 1), _FLAGS)
    return Link(context, {"foreshock.link": "retry_of"})


def _status(name: str, *, is_error: bool) -> Status:
    return Status(StatusCode.ERROR, name.lower().replace("_", " ")) if is_error else Status()


def _route(endpoint: str) -> dict[str, AttributeValue]:
    match = _ROUTE.fullmatch(endpoint)
    if match is None:
        return {}
    return {"http.request.method": match[1], "http.route": match[2]}


def _instance(info: InstanceInfo, service: str) -> Resource:
    facts: dict[str, AttributeValue] = {"service.instance.id": info.name}
    if info.zone:
        facts["cloud.availability_zone"] = info.zone
    return Resource(service, facts)
