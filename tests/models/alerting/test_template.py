"""Templates: the simple forms are filled in, everything else is left as written."""

import math

import pytest

from models.alerting.template import expand, number_text

LABELS = (("instance", "shop-0"), ("job", "shop"))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ $labels.job }} is down", "shop is down"),
        ("{{$labels.job}}/{{$labels.instance}}", "shop/shop-0"),
        ("at {{ $value }}%", "at 2.5%"),
        ("[{{ $labels.missing }}]", "[]"),
        ("plain", "plain"),
        ("", ""),
        ("{{ $labels }}", "map[instance:shop-0 job:shop]"),
        ("{{ .Labels.job }} {{ .Value }}", "shop 2.5"),
        ("{{ $value | humanize }}", "2.5"),
        ("{{ $labels.job | toUpper | toLower | title }}", "Shop"),
        ("a  {{- $value -}}  b", "a2.5b"),
        ("a  {{ $value }}  b", "a  2.5  b"),
        ("{{ $externalLabels.job }}", ""),
        ('{{ printf "%s has %.1f%%, %v" $labels.job $value 3 }}', "shop has 2.5%, 3"),
        ('{{ $value | printf "%.2f" }}', "2.50"),
        ("{{ printf `%d` $value }}", "%!d(float64=2.5)"),
        ('{{ printf "%s" }}', "%!s(MISSING)"),
        ('{{ printf "x" 1 }}', "x%!(EXTRA float64=1)"),
        ('{{ "a:80" | stripPort }} {{ stripPort "[::1]:80" }} {{ stripPort "::1" }}', "a ::1 ::1"),
        ('{{ reReplaceAll "s(h)op" "${1}i" $labels.job }}', "hi"),
        ('{{ "}}" }}', "}}"),
        ("{ { $value }}", "{ { $value }}"),
        ("{{ if $value }}x{{ end }}", "{{ if $value }}x{{ end }}"),
        ('{{ range query "up" }}x{{ end }}', '{{ range query "up" }}x{{ end }}'),
        ("{{ $labels.job | humanize }}", "{{ $labels.job | humanize }}"),
        ("{{ $value | toUpper }}", "{{ $value | toUpper }}"),
        ("{{ nothing $value }}", "{{ nothing $value }}"),
        ("{{ $value | }}", "{{ $value | }}"),
    ],
)
def test_actions_that_are_known_are_filled_in_and_others_stay(template, expected):
    assert expand(template, labels=LABELS, value=2.5) == expected


def test_a_filled_in_value_is_not_expanded_again():
    labels = (("job", "{{ $value }}"),)
    assert expand("{{ $labels.job }}", labels=labels, value=1.0) == "{{ $value }}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-2.5, "-2.5"),
        (0.1, "0.1"),
        (120.0, "120"),
        (999999.0, "999999"),
        (1000000.0, "1e+06"),
        (123456789.0, "1.23456789e+08"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1.5e300, "1.5e+300"),
        (2.0**-1074, "5e-324"),
        (0.1 + 0.2, "0.30000000000000004"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_written_as_in_prometheus_annotations(value, text):
    assert number_text(value) == text
