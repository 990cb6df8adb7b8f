"""PromQL over the series of a run: compiled once, evaluated at any instant or over a range.

    expression = compile_expression('sum by (job) (rate(http_requests_total[5m])) > 100')
    expression.vector(store, now=now)                       # what a rule digests
    expression.instant(store, now=now)                      # number, text or vector
    expression.range(store, start_ns=0, end_ns=3600 * NS_PER_S, step_ns=15 * NS_PER_S)

``store`` is a :class:`models.telemetry.series.SeriesStore`; instants are integer nanoseconds of
the clock that stamped the samples. What is wrong with a text is an
:class:`~models.telemetry.promql.syntax.tokens.ExpressionError` with line, column and a caret;
what goes wrong with the data is an :class:`~models.telemetry.promql.plan.moment.EvaluationError`
in the words of Prometheus.

The language is that of Prometheus 3 on floats. Native histograms are left out.
"""

from models.telemetry.promql.expression import Expression, ValueKind, compile_expression

__all__ = ["Expression", "ValueKind", "compile_expression"]
