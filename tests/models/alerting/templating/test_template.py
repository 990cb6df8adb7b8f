"""Templates filled in: what each form gives (semantics 3.1; asked of promtool 3.5.3)."""

import math

import pytest

from models.alerting.templating.template import Occasion, compile_template
from models.alerting.templating.tokens import TemplateError
from models.telemetry.series import VectorSample
from tests.models.alerting.templating.cases import SAME, WRONG

LABELS = (("__name__", "v"), ("job", "b"))
ROWS = (
    VectorSample((("__name__", "v"), ("job", "b")), 2.5),
    VectorSample((("__name__", "v"), ("job", "a")), 0.0),
)


def query(text):
    if text == "v":
        return ROWS
    if text == "time()":
        return (VectorSample((), 0.0),)
    if text == "nope":
        return ()
    raise AssertionError(text)


def expanded(text, labels=LABELS, value=2.5, **other):
    occasion = Occasion(labels, value, (("dc", "eu"),), query=query, **other)
    return compile_template(text).expand(occasion)


@pytest.mark.parametrize(("template", "expected"), SAME)
def test_a_form_gives_what_prometheus_gives(template, expected):
    assert expanded(template) == expected


@pytest.mark.parametrize(("template", "reason"), WRONG)
def test_what_has_no_result_becomes_a_text_that_says_so_and_where(template, reason):
    text = expanded(template)
    assert text.startswith("<error expanding template: 1:")
    assert reason in text


@pytest.mark.parametrize(
    ("template", "reason", "column"),
    [
        ("{{ if }}x{{ end }}", "missing value for if", 7),
        ("{{ }}", "missing value for command", 4),
        ("{{ $x }}", "undefined variable '$x'", 4),
        ("{{ if $x := 1 }}{{ end }}{{ $x }}", "undefined variable '$x'", 29),
        ("{{ end }}", "unexpected {{end}}", 4),
        ("{{ else }}", "unexpected {{else}}", 4),
        ("a {{ if 1 }}", "{{if}} without {{end}}", 6),
        ("{{ if 1 }}{{ else }}{{ else }}{{ end }}", "expected {{end}}, found {{else}}", 24),
        ("{{ range 1 }}{{ else if 1 }}{{ end }}", "unexpected 'if'", 22),
        ("{{ if 1 }}{{ end x }}", "unexpected 'x'", 18),
        ('{{ printf "a""b" }}', "unexpected '\"b\"' behind an operand", 14),
        ("{{ 1 | 2 }}", "a constant cannot be stage 2", 8),
        ("{{ $value | }}", "missing value for command", 13),
        ("{{ break }}", "{{break}} outside {{range}}", 4),
        ("{{ range 1 }}{{ else }}{{ continue }}{{ end }}", "{{continue}} outside {{range}}", 27),
        ('{{ "a }}', "unterminated text in quotes", 4),
        ("{{ humanise 1 }}", "unknown function 'humanise', did you mean 'humanize'?", 4),
        ("{{ zzz 1 }}", "unknown function 'zzz'", 4),
        ("{{", "unclosed action", 3),
        ("{{ $labels.job", "unclosed action", 15),
        ("{{ (1 }}", "unclosed parenthesis", 4),
        ("{{ 1) }}", "unexpected ')'", 5),
        ("{{ ( }}", "missing value for parentheses", 6),
        ("{{ range $a, $b, $c := 1 }}{{ end }}", "too many variables for range", 21),
        ("{{ with $a, $b := 1 }}{{ end }}", "too many variables for with", 16),
        ("{{ 1.Foo }}", "bad number '1.F'", 4),
        ("{{1-}}", "bad number '1-'", 3),
        ("{{ 08 }}", "bad number '08 '", 4),
        ("{{ 'ab' }}", "'ab' is not a valid text", 4),
        ('{{ "a\\qb" }}', '"a\\qb" is not a valid text', 4),
        ('{{ "a".b }}', "which has no fields", 4),
        ("{{ true.x }}", "which has no fields", 4),
        ("{{ $value+1 }}", "unexpected '+'", 10),
        ("{{ ? }}", "unexpected '?'", 4),
        ("{{ /* x */ }}", "unexpected '/'", 4),
        ("{{/* x", "unclosed comment", 1),
        ("{{/* x */ 1 }}", "a comment stands alone", 10),
        ('{{ define "x" }}{{ end }}', "'define' is not supported", 4),
        ('{{ template "x" }}', "'template' is not supported", 4),
        ("{{ call 1 }}", "'call' is not supported", 4),
        ("{{ (js 1) }}", "'js' is not supported", 5),
    ],
)
def test_what_is_no_template_fails_when_it_is_compiled_with_its_place(template, reason, column):
    with pytest.raises(TemplateError) as caught:
        compile_template(template)
    assert reason in caught.value.reason
    assert (caught.value.line, caught.value.column) == (1, column)


def test_the_place_of_an_error_is_told_in_lines_and_columns():
    with pytest.raises(TemplateError, match=r"^template 3:6: undefined variable"):
        compile_template("a\n{{ $value }}\n ö{{ $x }}")


def test_a_filled_in_value_is_not_expanded_again():
    labels = (("job", "{{ $value }}"),)
    assert expanded("{{ $labels.job }}", labels) == "{{ $value }}"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ gt $value 1.0 }} {{ ge $value 1.0 }}", "true true"),
        ("{{ lt $value 1.0 }} {{ le $value 1.0 }}", "false false"),
        ("{{ eq $value $value }} {{ if $value }}t{{ end }}", "false t"),
        ("{{ $value | humanize }} {{ $value | humanizeTimestamp }}", "NaN NaN"),
    ],
)
def test_nan_is_greater_than_everything_and_true(template, expected):
    assert expanded(template, value=math.nan) == expected


def test_the_external_address_is_known_by_three_names_and_its_path_by_one():
    template = "{{ externalURL }} {{ $externalURL }} {{ .ExternalURL }} {{ pathPrefix }}"
    url = "http://prom.example:9090/eu/prom"
    assert expanded(template, external_url=url) == f"{url} {url} {url} /eu/prom"


@pytest.mark.parametrize(
    "template",
    [
        '{{ range 1000 }}{{ printf "%100d" . }}{{ end }}',
        '{{ $x := "ab" }}{{ range 20 }}{{ $x = print $x $x }}{{ end }}',
        "{{ range 300 }}{{ range 300 }}{{ end }}{{ end }}",
        "{{ range 1000000000 }}{{ end }}",
        '{{ printf "%1000000000d" 1 }}',
        '{{ printf "%.10001f" 1.0 }}',
        '{{ range 101 }}{{ $x := query "nope" }}{{ end }}',
    ],
)
def test_a_template_cannot_run_away(template):
    assert "<error expanding template: 1:" in expanded(template)


def test_the_bounds_are_exact():
    assert len(expanded('{{ printf "%10000d" 1 }}')) == 10_000
    assert expanded('{{ range 99 }}{{ $x := query "nope" }}{{ end }}') == ""
    deep = "{{ if 1 }}" * 40 + "x" + "{{ end }}" * 40
    assert expanded(deep) == "x"
    with pytest.raises(TemplateError, match="more than 40 blocks"):
        compile_template("{{ if 1 }}" + deep + "{{ end }}")


@pytest.mark.parametrize(
    ("template", "exceeded"),
    [
        ("{{ range 49999 }}{{ end }}", "{{ range 50000 }}{{ end }}"),
        (
            '{{ $a := printf "%8192d" 1 }}{{ $x := print $a $a $a $a $a $a $a $a }}',
            '{{ $a := printf "%8192d" 1 }}{{ $x := print $a $a $a $a $a $a $a $a "b" }}',
        ),
        (
            '{{ range 6 }}{{ printf "%10000d" 1 }}{{ end }}' + "x" * 5536,
            '{{ range 6 }}{{ printf "%10000d" 1 }}{{ end }}' + "x" * 5537,
        ),
    ],
    ids=["steps", "one text", "all texts"],
)
def test_what_reaches_a_bound_is_filled_in_and_one_more_is_not(template, exceeded):
    assert not expanded(template).startswith("<error")
    assert expanded(exceeded).startswith("<error expanding template: 1:")


def test_deep_parentheses_are_refused_and_not_a_crash():
    with pytest.raises(TemplateError, match="more than 40 blocks"):
        compile_template("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}")


def test_a_query_that_fails_becomes_the_text_of_the_alert():
    occasion = Occasion(LABELS, 1.0)
    text = compile_template('{{ query "v" }}').expand(occasion)
    assert text == "<error expanding template: 1:4: query: there is nobody to ask>"


@pytest.mark.parametrize(
    ("template", "queries"),
    [
        ('{{ query "up" }}{{ query "up" }}', ("up",)),
        ('{{ if 1 }}{{ with "a" | query }}{{ range query "b" }}{{ end }}{{ end }}{{ end }}',
         ("a", "b")),
        ('{{ with printf "rate(x{j=%q}[%dm])" $labels.job 5 | query }}{{ else }}{{ end }}',
         ('rate(x{j="x"}[1m])',)),
        ('{{ query (printf "a%%b") | first | value }} {{ (query "c" | first).Value }}',
         ("a%b", "c")),
        ("{{ query $labels.job }}{{ $value }}", ()),
    ],
)  # fmt: skip
def test_what_a_template_asks_is_known_as_far_as_its_text_shows(template, queries):
    assert compile_template(template).queries() == queries


def test_templates_of_one_text_are_equal():
    assert compile_template("{{ $value }}") == compile_template("{{ $value }}")
    assert compile_template("a") != compile_template("b")
