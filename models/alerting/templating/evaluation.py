"""A template filled in: its tree walked once, within bounds.

No text grows beyond ``LENGTH_MAX`` characters, and no more than ``STEPS_MAX`` steps are taken: a
step is an operand or an element of a range, a query counts as ``QUERY_STEPS``.

Source: Go package text/template (exec.go).
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto

from models.alerting.templating.functions import FUNCTIONS, Definition
from models.alerting.templating.nodes import (
    Action,
    Block,
    Break,
    Command,
    Constant,
    Continue,
    Field,
    Function,
    If,
    Literal,
    Nested,
    Node,
    Operand,
    Pipeline,
    Range,
    Variable,
    With,
)
from models.alerting.templating.values import (
    NO_VALUE,
    AlertData,
    ExpansionError,
    Sample,
    Table,
    Value,
    is_true,
    shown,
    type_name,
)

LENGTH_MAX = 65_536
STEPS_MAX = 50_000
QUERY_STEPS = 500


class LocatedError(ExpansionError):
    """What went wrong, and at which offset of the template."""

    def __init__(self, reason: str, place: int) -> None:
        super().__init__(reason)
        self.place = place


class _Flow(Enum):
    ON = auto()
    BREAK = auto()
    CONTINUE = auto()


class Evaluation:
    """One filling-in. ``local`` are the functions that know where this happens."""

    def __init__(
        self,
        data: AlertData,
        variables: Mapping[str, Value],
        local: Mapping[str, Definition],
    ) -> None:
        self._data = data
        self._variables = list(variables.items())
        self._local = local
        self._written: list[str] = []
        self._length = 0
        self._steps = 0

    def text(self, block: Block) -> str:
        """What the template becomes.

        Raises:
            LocatedError: something in it has no result, or a bound is exceeded.
        """
        self._block(block, self._data)
        return "".join(self._written)

    def _block(self, block: Block, dot: Value) -> _Flow:
        mark = len(self._variables)
        flow = _Flow.ON
        for node in block:
            flow = self._node(node, dot)
            if flow is not _Flow.ON:
                break
        del self._variables[mark:]
        return flow

    def _node(self, node: Node, dot: Value) -> _Flow:
        match node:
            case Literal():
                self._write(node.text, 0)
            case Action():
                value = self._pipeline(node.pipeline, dot)
                if node.pipeline.names:
                    self._bind(node.pipeline, (value,))
                else:
                    self._write(NO_VALUE if value is None else shown(value), node.pipeline.place)
            case If() | With():
                return self._choice(node, dot)
            case Range():
                self._range(node, dot)
            case Break():
                return _Flow.BREAK
            case Continue():
                return _Flow.CONTINUE
        return _Flow.ON

    def _choice(self, node: If | With, dot: Value) -> _Flow:
        mark = len(self._variables)
        value = self._pipeline(node.pipeline, dot)
        self._bind(node.pipeline, (value,))
        if not is_true(value):
            flow = self._block(node.otherwise, dot)
        else:
            flow = self._block(node.then, value if isinstance(node, With) else dot)
        del self._variables[mark:]
        return flow

    def _range(self, node: Range, dot: Value) -> None:
        mark = len(self._variables)
        value = self._pipeline(node.pipeline, dot)
        place, is_empty = node.pipeline.place, True
        for key, element in self._elements(value, node.pipeline):
            is_empty = False
            self._step(place)
            names = node.pipeline.names
            self._bind(node.pipeline, (key, element) if len(names) > 1 else (element,))
            flow = self._block(node.then, element)
            if node.pipeline.is_new:
                del self._variables[mark:]
            if flow is _Flow.BREAK:
                break
        if is_empty:
            self._block(node.otherwise, dot)

    def _elements(self, value: Value, pipeline: Pipeline) -> Iterator[tuple[Value, Value]]:
        if isinstance(value, Table):
            return iter(sorted(value.entries.items()))
        if isinstance(value, tuple):
            return iter(enumerate(value))
        if isinstance(value, int) and not isinstance(value, bool):
            if len(pipeline.names) > 1:
                reason = f"can't use {value} to iterate over more than one variable"
                raise LocatedError(reason, pipeline.place)
            return ((number, number) for number in range(value))
        if value is None:
            return iter(())
        raise LocatedError(f"range can't iterate over {shown(value)}", pipeline.place)

    def _bind(self, pipeline: Pipeline, values: Sequence[Value]) -> None:
        for name, value in zip(pipeline.names, values, strict=False):
            if pipeline.is_new:
                self._variables.append((name, value))
            else:
                self._variables[self._slot(name, pipeline.place)] = (name, value)

    def _slot(self, name: str, place: int) -> int:
        for slot in range(len(self._variables) - 1, -1, -1):
            if self._variables[slot][0] == name:
                return slot
        raise LocatedError(f"undefined variable: {name}", place)

    def _pipeline(self, pipeline: Pipeline, dot: Value) -> Value:
        passed: tuple[Value, ...] = ()
        for command in pipeline.commands:
            passed = (self._command(command, dot, passed),)
        return passed[0]

    def _command(self, command: Command, dot: Value, passed: tuple[Value, ...]) -> Value:
        first, *rest = command.operands
        if isinstance(first, Function):
            return self._call(first, rest, dot, passed)
        if rest or passed:
            raise LocatedError("an argument is given to what is no function", first.place)
        if isinstance(first, Constant) and first.value is None:
            raise LocatedError("nil is not a command", first.place)
        return self._operand(first, dot)

    def _operand(self, operand: Operand, dot: Value) -> Value:
        self._step(operand.place)
        match operand:
            case Constant():
                return operand.value
            case Function():
                return self._call(operand, (), dot, ())
            case Field():
                value = dot
            case Variable():
                value = self._variables[self._slot(operand.name, operand.place)][1]
            case Nested():
                mark = len(self._variables)
                value = self._pipeline(operand.pipeline, dot)
                self._bind(operand.pipeline, (value,))
                del self._variables[mark:]
        for name in operand.path:
            value = _field(value, name, operand.place)
        return value

    def _call(
        self,
        function: Function,
        operands: Sequence[Operand],
        dot: Value,
        passed: tuple[Value, ...],
    ) -> Value:
        self._step(function.place, QUERY_STEPS if function.name == "query" else 1)
        if function.name in ("and", "or"):
            return self._first_decisive(function, operands, dot, passed)
        definition = self._local.get(function.name) or FUNCTIONS[function.name]
        arguments = [self._operand(operand, dot) for operand in operands]
        try:
            value = definition.called(function.name, [*arguments, *passed])
        except LocatedError:
            raise
        except ExpansionError as error:
            raise LocatedError(f"{function.name}: {error}", function.place) from error
        if isinstance(value, str) and len(value) > LENGTH_MAX:
            raise LocatedError(f"a text of more than {LENGTH_MAX:,} characters", function.place)
        return value

    def _first_decisive(
        self,
        function: Function,
        operands: Sequence[Operand],
        dot: Value,
        passed: tuple[Value, ...],
    ) -> Value:
        """The first that is false for ``and``, true for ``or``; else the last."""
        value: Value = None
        if not operands and not passed:
            reason = f"wrong number of args for {function.name}: want at least 1 got 0"
            raise LocatedError(reason, function.place)
        for operand in operands:
            value = self._operand(operand, dot)
            if is_true(value) is (function.name == "or"):
                return value
        return passed[0] if passed else value

    def _write(self, text: str, place: int) -> None:
        self._length += len(text)
        if self._length > LENGTH_MAX:
            raise LocatedError(f"more than {LENGTH_MAX:,} characters", place)
        self._written.append(text)

    def _step(self, place: int, steps: int = 1) -> None:
        self._steps += steps
        if self._steps > STEPS_MAX:
            raise LocatedError(f"more than {STEPS_MAX:,} steps", place)


def _field(value: Value, name: str, place: int) -> Value:
    match value, name:
        case Table(), _:
            return value[name]
        case Sample() | AlertData(), "Labels":
            return value.labels
        case Sample() | AlertData(), "Value":
            return value.value
        case AlertData(), "ExternalLabels":
            return value.external_labels
        case AlertData(), "ExternalURL":
            return value.external_url
    raise LocatedError(f"can't evaluate field {name} in type {type_name(value)}", place)
