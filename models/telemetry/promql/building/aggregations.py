"""Aggregations as nodes."""

import promql_parser

from models.telemetry.promql.catalogue import FOLDS
from models.telemetry.promql.plan.aggregation import (
    Aggregated,
    Chosen,
    CountedValues,
    Grouping,
    greatest_first,
    least_first,
)
from models.telemetry.promql.plan.moment import Place
from models.telemetry.promql.plan.nodes import Plan, ScalarPlan, TextPlan, VectorPlan

_ORDERS = {"topk": greatest_first, "bottomk": least_first, "limitk": None}


def build_aggregation(
    name: str,
    source: VectorPlan,
    parameter: Plan | None,
    modifier: promql_parser.AggModifier | None,
    place: Place,
) -> VectorPlan | None:
    """The node of an aggregation, None if it is not supported."""
    if modifier is None:
        grouping = Grouping(is_without=False, labels=frozenset())
    else:
        is_without = str(modifier.type).endswith("Without")
        grouping = Grouping(is_without, frozenset(modifier.labels))
    if name == "count_values" and isinstance(parameter, TextPlan):
        if not grouping.is_without:
            grouping = Grouping(is_without=False, labels=grouping.labels | {parameter.text})
        return CountedValues(parameter.text, source, grouping)
    if name in _ORDERS and isinstance(parameter, ScalarPlan):
        return Chosen(_ORDERS[name], source, parameter, grouping, place)
    if name in FOLDS:
        parameters = (parameter,) if isinstance(parameter, ScalarPlan) else ()
        return Aggregated(FOLDS[name], source, parameters, grouping)
    return None
