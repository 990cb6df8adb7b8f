"""From the parser's tree to the nodes that evaluate an expression.

The tree is walked together with the tokens, which gives each node its place. What Prometheus has
and this language has not is refused here, where it stands: native histograms, ``fill``,
``limit_ratio``, ``info``, and the functions of later releases.
"""

from dataclasses import dataclass

import promql_parser

from models.base.errors import SimulationError
from models.base.time import DurationNs
from models.telemetry.promql.building.aggregations import build_aggregation
from models.telemetry.promql.building.calls import Argument, Call, build_call
from models.telemetry.promql.building.operators import build_binary
from models.telemetry.promql.building.selectors import build_duration, build_selector, build_shift
from models.telemetry.promql.plan.elements import Mapped
from models.telemetry.promql.plan.leaves import InstantSelector, Number, RangeSelector, Shift
from models.telemetry.promql.plan.moment import Place
from models.telemetry.promql.plan.nodes import Plan, RangePlan, ScalarPlan, TextPlan, VectorPlan
from models.telemetry.promql.plan.scalars import Negated
from models.telemetry.promql.plan.subquery import Subquery
from models.telemetry.promql.syntax.cursor import Cursor
from models.telemetry.promql.syntax.reading import read
from models.telemetry.promql.syntax.tokens import ExpressionError, Token
from models.telemetry.series import LOOKBACK_NS

DEPTH_MAX = 100


def compile_plan(text: str) -> tuple[Plan, DurationNs | None]:
    """Compile an expression; also how far back it reads, None when without bound.

    Raises:
        ExpressionError: it is not valid PromQL, of wrong types, or uses what is not supported.
    """
    tree, tokens = read(text)
    compiler = _Compiler(Cursor(text, tokens))
    plan = compiler.any(tree)
    if compiler.cursor.following:
        raise SimulationError(f"tree and tokens of '{text}' have come apart")
    return plan, None if compiler.is_pinned else compiler.reach_ns


@dataclass(slots=True)
class _Compiler:
    cursor: Cursor
    reach_ns: DurationNs = 0
    is_pinned: bool = False
    _outside_ns: DurationNs = 0
    _depth: int = 0

    def any(self, tree: promql_parser.Expr) -> Plan:
        """Compile any part."""
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise ExpressionError(
                f"operations are nested more than {DEPTH_MAX} deep",
                expression=self.cursor.expression,
                offset=self._offset(),
            )
        while self.cursor.following == "+" and not isinstance(tree, promql_parser.NumberLiteral):
            self.cursor.take()
        plan = self._leaf(tree)
        if plan is None:
            plan = self._branch(tree)
        self._depth -= 1
        return plan

    def _leaf(self, tree: promql_parser.Expr) -> Plan | None:
        match tree:
            case promql_parser.NumberLiteral():
                while self.cursor.following in ("+", "-"):
                    self.cursor.take()
                self.cursor.take()
                return Number(tree.val)
            case promql_parser.StringLiteral():
                self.cursor.take()
                return TextPlan(tree.val)
            case promql_parser.VectorSelector():
                offset_ns = build_duration(lambda: tree.offset, self.cursor) or 0
                selector = build_selector(tree, self.cursor)
                shift = build_shift(offset_ns, self.cursor)
                self._reaches(LOOKBACK_NS, shift)
                return InstantSelector(selector, shift)
            case promql_parser.MatrixSelector():
                inner = tree.vector_selector
                range_ns = build_duration(lambda: tree.range, self.cursor) or 0
                offset_ns = build_duration(lambda: inner.offset, self.cursor) or 0
                selector = build_selector(inner, self.cursor)
                self.cursor.bracketed()
                shift = build_shift(offset_ns, self.cursor)
                self._reaches(range_ns, shift)
                return RangeSelector(selector, range_ns, shift)
            case _:
                return None

    def _branch(self, tree: promql_parser.Expr) -> Plan:
        match tree:
            case promql_parser.ParenExpr():
                self.cursor.expect("(")
                plan = self.any(tree.expr)
                self.cursor.expect(")")
                return plan
            case promql_parser.UnaryExpr():
                return self._negated(tree)
            case promql_parser.BinaryExpr():
                return self._binary(tree)
            case promql_parser.AggregateExpr():
                return self._aggregation(tree)
            case promql_parser.Call():
                return self._call(tree)
            case promql_parser.SubqueryExpr():
                return self._subquery(tree)
            case _:
                raise SimulationError(f"the parser made an unknown {type(tree).__name__}")

    def _negated(self, tree: promql_parser.UnaryExpr) -> Plan:
        place = self._place(self.cursor.expect("-"))
        source = self.any(tree.expr)
        if isinstance(source, ScalarPlan):
            return Negated(source)
        return Mapped(_negative, _vector(source), (), place)

    def _binary(self, tree: promql_parser.BinaryExpr) -> Plan:
        left = self.any(tree.lhs)
        token = self.cursor.take()
        self._skip_matching()
        right = self.any(tree.rhs)
        if isinstance(left, RangePlan | TextPlan) or isinstance(right, RangePlan | TextPlan):
            raise SimulationError(f"the parser let '{token.text}' take a range or a text")
        return build_binary(str(tree.op), left, right, tree.modifier, self._place(token))

    def _skip_matching(self) -> None:
        self.cursor.passes("bool")
        for word in ("on", "ignoring", "group_left", "group_right"):
            if self.cursor.passes(word) and self.cursor.following == "(":
                self.cursor.bracketed()
        if self.cursor.following in ("fill", "fill_left", "fill_right"):
            token = self.cursor.take()
            raise self.cursor.refusal(f"'{token.text}' is not supported", token)

    def _aggregation(self, tree: promql_parser.AggregateExpr) -> Plan:
        token = self.cursor.take()
        self._skip_grouping()
        self.cursor.expect("(")
        parameter = None
        if tree.param is not None:
            first = self.cursor.tokens[self.cursor.position]
            parameter = self.any(tree.param)
            if parameter == TextPlan(""):
                raise self.cursor.refusal("the label of count_values() is empty", first)
            self.cursor.expect(",")
        source = _vector(self.any(tree.expr))
        self.cursor.expect(")")
        self._skip_grouping()
        place = self._place(token)
        plan = build_aggregation(str(tree.op), source, parameter, tree.modifier, place)
        if plan is None:
            raise self.cursor.refusal(f"aggregation {token.text}() is not supported", token)
        return plan

    def _skip_grouping(self) -> None:
        if self.cursor.passes("by") or self.cursor.passes("without"):
            self.cursor.bracketed()

    def _call(self, tree: promql_parser.Call) -> Plan:
        token = self.cursor.take()
        self.cursor.expect("(")
        arguments = []
        for index, argument in enumerate(tree.args):
            if index:
                self.cursor.expect(",")
            first = self.cursor.tokens[self.cursor.position]
            arguments.append(Argument(self.any(argument), first))
        self.cursor.expect(")")
        call = Call(tree.func.name, tuple(arguments), self._place(token), self.cursor)
        plan = build_call(call)
        if plan is None:
            raise self.cursor.refusal(f"function {token.text}() is not supported", token)
        return plan

    def _subquery(self, tree: promql_parser.SubqueryExpr) -> Plan:
        range_ns = build_duration(lambda: tree.range, self.cursor) or 0
        step_ns = build_duration(lambda: tree.step, self.cursor)
        offset_ns = build_duration(lambda: tree.offset, self.cursor) or 0
        outside_ns = self._outside_ns
        self._outside_ns += range_ns + offset_ns
        source = _vector(self.any(tree.expr))
        self._outside_ns = outside_ns
        place = self._place(self.cursor.tokens[self.cursor.position])
        self.cursor.bracketed()
        shift = build_shift(offset_ns, self.cursor)
        self.is_pinned |= shift.pinned is not None
        return Subquery(source, range_ns, step_ns, shift, place)

    def _reaches(self, back_ns: DurationNs, shift: Shift) -> None:
        self.is_pinned |= shift.pinned is not None
        self.reach_ns = max(self.reach_ns, back_ns + shift.offset_ns + self._outside_ns)

    def _offset(self) -> int:
        tokens, position = self.cursor.tokens, self.cursor.position
        return tokens[position].offset if position < len(tokens) else 0

    def _place(self, token: Token) -> Place:
        before = self.cursor.expression[: token.offset]
        line = before.count("\n") + 1
        return Place(line, token.offset - (before.rfind("\n") + 1) + 1)


def _vector(plan: Plan) -> VectorPlan:
    if not isinstance(plan, VectorPlan):
        raise SimulationError("the parser let something else stand for an instant vector")
    return plan


def _negative(value: float) -> float:
    return -value
