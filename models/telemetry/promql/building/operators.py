"""Binary operators as nodes, according to what stands on either side."""

import promql_parser

from models.telemetry.promql.catalogue import ARITHMETIC, COMPARISONS
from models.telemetry.promql.plan.elements import Filtered, WithNumber
from models.telemetry.promql.plan.matching import (
    Grouped,
    Intersection,
    Matching,
    OneToOne,
    Operator,
    Union,
)
from models.telemetry.promql.plan.moment import Place
from models.telemetry.promql.plan.nodes import ScalarPlan, VectorPlan
from models.telemetry.promql.plan.scalars import ScalarOperation

SET_OPERATORS = ("and", "or", "unless")


def build_binary(
    name: str,
    left: ScalarPlan | VectorPlan,
    right: ScalarPlan | VectorPlan,
    modifier: promql_parser.BinModifier | None,
    place: Place,
) -> ScalarPlan | VectorPlan:
    """The node of an operator between two compiled sides."""
    returns_bool = modifier is not None and modifier.return_bool
    if isinstance(left, ScalarPlan) and isinstance(right, ScalarPlan):
        return ScalarOperation(ARITHMETIC.get(name) or COMPARISONS[name], left, right)
    if isinstance(left, VectorPlan) and isinstance(right, VectorPlan):
        return _of_vectors(name, left, right, modifier, place)
    if isinstance(left, VectorPlan) and isinstance(right, ScalarPlan):
        return _with_number(name, left, right, returns_bool, False, place)
    if isinstance(left, ScalarPlan) and isinstance(right, VectorPlan):
        return _with_number(name, right, left, returns_bool, True, place)
    raise TypeError(f"{name} between {left!r} and {right!r}")


def _with_number(
    name: str,
    vector: VectorPlan,
    number: ScalarPlan,
    returns_bool: bool,
    number_first: bool,
    place: Place,
) -> VectorPlan:
    if name in COMPARISONS and not returns_bool:
        return Filtered(COMPARISONS[name], vector, number, number_first)
    operation = ARITHMETIC.get(name) or COMPARISONS[name]
    return WithNumber(operation, vector, number, number_first, place)


def _of_vectors(
    name: str,
    left: VectorPlan,
    right: VectorPlan,
    modifier: promql_parser.BinModifier | None,
    place: Place,
) -> VectorPlan:
    matching = _matching(modifier)
    if name == "or":
        return Union(left, right, matching)
    if name in SET_OPERATORS:
        return Intersection(left, right, matching, wants_partner=name == "and")
    returns_bool = modifier is not None and modifier.return_bool
    operation = ARITHMETIC.get(name) or COMPARISONS[name]
    operator = Operator(operation, is_filter=name in COMPARISONS and not returns_bool)
    cardinality = "OneToOne" if modifier is None else str(modifier.card).rpartition(".")[2]
    if modifier is None or cardinality == "OneToOne":
        return OneToOne(operator, left, right, matching, place)
    included = tuple(modifier.group_labels or ())
    is_left_many = cardinality == "ManyToOne"
    return Grouped(operator, left, right, matching, is_left_many, included, place)


def _matching(modifier: promql_parser.BinModifier | None) -> Matching:
    if modifier is None or modifier.matching is None:
        return Matching()
    is_on = str(modifier.matching.type).endswith("Include")
    return Matching(is_on, frozenset(modifier.matching.labels))
