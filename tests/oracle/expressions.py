"""Random series and random expressions over them, as Hypothesis strategies.

Left out is what Prometheus does not define: which of equal elements ``topk`` takes and which
elements ``limitk`` takes (their sums and counts are compared), the calendar of numbers that are
no instants. Gauges are multiples of a quarter, so that sums do not depend on their order.
"""

from hypothesis import strategies as st

JOBS, INSTANCES, BOUNDS = ("a", "b"), ("1", "2"), ("0.5", "1", "2.5", "+Inf")
RANGES = ("15s", "16s", "30s", "1m", "100s", "2m", "5m", "7m30s")
STEPS = ("15s", "7s", "20s", "1m", "")
SELECTORS = (
    "c_total",
    "g",
    "h_bucket",
    'c_total{job="a"}',
    'g{instance!="1"}',
    'g{job=~"a|b", instance="2"}',
    'c_total{instance!~"2.*"}',
    'c_total{instance=""}',
    "{__name__=~'c_total|g', job='b'}",
    "gone",
    "info",
)
MODIFIERS = (
    "",
    "",
    "",
    "",
    " offset 1m",
    " offset -30s",
    " @ 300",
    " @ 200.5 offset 15s",
    " @ end()",
)
GROUPINGS = ("", "", "by (job)", "by (job, instance)", "without (instance)", "without (le)",
             "by (le, job)", "by (none)", "by (__name__)")  # fmt: skip
FOLDS = ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")
ELEMENTWISE = ("abs", "ceil", "floor", "exp", "ln", "log2", "log10", "sqrt", "sgn", "round", "sin",
               "cos", "atan", "tanh", "asinh", "deg", "rad", "sort", "sort_desc", "timestamp",
               "absent", "-", "+")  # fmt: skip
CALENDAR = ("minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month",
            "month", "year")  # fmt: skip
OVER_RANGES = ("rate", "increase", "delta", "irate", "idelta", "deriv", "changes", "resets",
               "sum_over_time", "avg_over_time", "min_over_time", "max_over_time",
               "count_over_time", "present_over_time", "last_over_time", "stddev_over_time",
               "stdvar_over_time", "mad_over_time", "absent_over_time")  # fmt: skip
ARITHMETIC = ("+", "-", "*", "/", "%", "^", "atan2")
COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")
MATCHINGS = ("", "", "on (job)", "on (job, instance)", "ignoring (instance)", "ignoring (le)",
             "on ()", "on (job) group_left ()", "on (job) group_right ()",
             "on (job, instance) group_left (team)", "ignoring (le) group_left ()")  # fmt: skip
NUMBERS = ("0", "1", "2", "-1", "0.5", "3", "10", "100", "NaN", "Inf", "-Inf", "1e3", "0x10")
QUANTILES = ("0.5", "0.9", "0", "1", "0.25", "-1", "2", "NaN")


@st.composite
def counters(draw):
    """A counter that rises, rests, resets, is missed and ends."""
    words = []
    for _ in range(draw(st.integers(1, 4))):
        start, slope = draw(st.integers(0, 50)), draw(st.integers(0, 9))
        words.append(f"{start}+{slope}x{draw(st.integers(0, 12))}")
        words += draw(st.sampled_from(([], [], ["_"], ["_x4"], ["stale"], ["stale", "_x2"])))
    return " ".join(words)


@st.composite
def gauges(draw):
    """A gauge of quarters, now and then not a finite number."""
    words = []
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(-40, 40)) / 4
        words.append(f"{start}{draw(st.sampled_from(('+0.25', '-0.5', '+0', '+2')))}"
                     f"x{draw(st.integers(0, 8))}")  # fmt: skip
        gaps = ([], [], [], ["_x3"], ["stale"], ["NaN"], ["Inf"], ["-Inf", "_"])
        words += draw(st.sampled_from(gaps))
    return " ".join(words)


@st.composite
def series(draw):
    """Counters, gauges, one classic histogram for each job, and an info series."""
    data = {}
    for job in JOBS:
        for instance in INSTANCES:
            labels = f'{{job="{job}", instance="{instance}"}}'
            data[f"c_total{labels}"] = draw(counters())
            data[f"g{labels}"] = draw(gauges())
            data[f'info{{job="{job}", instance="{instance}", team="t{instance}"}}'] = "1x45"
        count, slope = 0, 0
        for bound in BOUNDS:
            count, slope = count + draw(st.integers(0, 9)), slope + draw(st.integers(0, 4))
            data[f'h_bucket{{job="{job}", le="{bound}"}}'] = f"{count}+{slope}x40"
    data['c_total{job="a"}'] = draw(counters())
    return data


@st.composite
def scalars(draw, depth):
    """An expression that gives a number."""
    kind = draw(st.integers(0, 5)) if depth else 0
    if kind <= 2:
        return draw(st.sampled_from((*NUMBERS, "time()", "pi()")))
    if kind == 3:
        return f"scalar({draw(vectors(depth - 1))})"
    if kind == 4:
        operator = draw(st.sampled_from(COMPARISONS)) + " bool"
    else:
        operator = draw(st.sampled_from(ARITHMETIC))
    return f"({draw(scalars(depth - 1))} {operator} {draw(scalars(depth - 1))})"


@st.composite
def ranges(draw, depth):
    """A range selector or a subquery."""
    length, modifier = draw(st.sampled_from(RANGES)), draw(st.sampled_from(MODIFIERS))
    if depth and draw(st.integers(0, 3)) == 0:
        step = draw(st.sampled_from(STEPS))
        return f"({draw(vectors(depth - 1))})[{length}:{step}]{modifier}"
    return f"{draw(st.sampled_from(SELECTORS))}[{length}]{modifier}"


OF_RANGES = ("quantile_over_time({q}, {range})", "predict_linear({range}, 60)",
             "double_exponential_smoothing({range}, 0.3, 0.6)")  # fmt: skip
OF_VECTORS = ("clamp({vector}, -2, 4)", "clamp_min({vector}, 1)", "clamp_max({vector}, NaN)",
              "round({vector}, 0.5)",
              'label_replace({vector}, "job", "x-$1", "job", "(.*)")',
              'label_replace({vector}, "instance", "", "instance", "1")',
              'label_replace({vector}, "__name__", "n", "job", "a")',
              'label_join({vector}, "team", "/", "job", "instance")')  # fmt: skip
HISTOGRAMS = ("h_bucket", "rate(h_bucket[2m])", "sum by (le) (rate(h_bucket[5m]))",
              "increase(h_bucket[1m] offset 30s)", "g")  # fmt: skip


@st.composite
def calls(draw, depth):
    """A call of a function that gives a vector."""
    kind, quantile = draw(st.integers(0, 12)), draw(st.sampled_from(QUANTILES))
    if kind <= 5:
        plain = f"{draw(st.sampled_from(OVER_RANGES))}({{range}})"
        form = plain if kind <= 4 else draw(st.sampled_from(OF_RANGES))
        return form.format(q=quantile, range=draw(ranges(depth)))
    if kind == 6:
        return f"histogram_quantile({quantile}, {draw(st.sampled_from(HISTOGRAMS))})"
    if kind == 7:
        days = draw(st.integers(-20_000, 100_000))
        return f"{draw(st.sampled_from(CALENDAR))}(timestamp(info) * 977 + 86400 * {days})"
    if kind == 8:
        return f"vector({draw(scalars(depth - 1))})"
    inner = draw(vectors(depth - 1))
    if kind <= 10:
        return f"{draw(st.sampled_from(ELEMENTWISE))}({inner})"
    return draw(st.sampled_from(OF_VECTORS)).format(vector=inner)


@st.composite
def aggregations(draw, depth):
    """An aggregation whose result does not depend on the order of its elements."""
    grouping, source = draw(st.sampled_from(GROUPINGS)), draw(vectors(depth - 1))
    kind = draw(st.integers(0, 6))
    if kind <= 3:
        return f"{draw(st.sampled_from(FOLDS))} {grouping} ({source})"
    if kind == 4:
        return f"quantile {grouping} ({draw(st.sampled_from(QUANTILES))}, {source})"
    if kind == 5:
        exact = f"clamp(round({source}, 0.5), -1e6, 1e6)"
        return f'count_values {grouping} ("value", {exact})'
    choice = draw(st.sampled_from(("sum {0} (topk {0} (2, {1}))", "sum {0} (bottomk {0} (1, {1}))",
                                   "count {0} (limitk {0} (2, {1}))")))  # fmt: skip
    return choice.format(grouping, source)


@st.composite
def binaries(draw, depth):
    """An operator between two vectors, or a vector and a number."""
    left, kind = draw(vectors(depth - 1)), draw(st.integers(0, 6))
    if kind <= 1:
        operator = draw(st.sampled_from(ARITHMETIC + COMPARISONS + ("> bool", "== bool")))
        sides = [left, draw(scalars(depth - 1))]
        return f"({sides[kind]} {operator} {sides[1 - kind]})"
    right = draw(vectors(depth - 1))
    matching = draw(st.sampled_from(MATCHINGS))
    if kind <= 4:
        operator = draw(st.sampled_from(ARITHMETIC + COMPARISONS + ("< bool",)))
    else:
        operator, matching = draw(st.sampled_from(("and", "or", "unless"))), matching.partition(
            " group")[0]  # fmt: skip
    return f"({left} {operator} {matching} {right})"


@st.composite
def vectors(draw, depth):
    """An expression that gives an instant vector."""
    kind = draw(st.integers(0, 9)) if depth else 0
    if kind <= 1:
        return draw(st.sampled_from(SELECTORS)) + draw(st.sampled_from(MODIFIERS))
    if kind <= 5:
        return draw(calls(depth))
    return draw(aggregations(depth) if kind <= 7 else binaries(depth))


INSTANTS_MS = st.one_of(
    st.integers(0, 60).map(lambda step: step * 15_000),
    st.integers(0, 900).map(lambda second: second * 1000),
    st.integers(0, 60).map(lambda step: step * 15_000 + 1),
    st.integers(0, 40).map(lambda step: step * 15_000 + 16_500),
    st.integers(0, 40).map(lambda step: step * 15_000 + 16_499),
)
