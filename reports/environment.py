"""How templates become text: escaping, the filters that write figures, and our own assets."""

import base64
import hashlib
import json
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports import quantities
from reports.chart_words import described
from reports.verdict import signed_ratio

_SCRIPTS = ("scale.js", "chart.js", "timeline.js", "controls.js")
_LINE_ENDERS = "\u2028\u2029"


@cache
def environment() -> Environment:
    """The one environment: everything is escaped, a misspelt name is an error."""
    made = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "count": quantities.count_text,
        "short": quantities.short_count_text,
        "factor": quantities.factor_text,
        "latency": quantities.latency_text,
        "span": quantities.span_text,
        "ratio": quantities.ratio_text,
        "rate": quantities.rate_text,
        "figure": quantities.significant,
        "signed": signed_ratio,
        "money": quantities.money_text,
        "civil": quantities.civil_text,
        "moment": quantities.moment_text,
        "shortened": quantities.shortened,
        "described": described,
    }
    return made


@cache
def style_sheet() -> str:
    """The page's style sheet."""
    return _asset("style.css")


@cache
def page_script() -> str:
    """The page's script: our files in order, in one scope of their own."""
    parts = (_asset(f"script/{name}") for name in _SCRIPTS)
    return "\n".join(('(() => {\n"use strict";', *parts, "})();"))


def content_policy() -> str:
    """A content security policy under which only our style sheet and script count."""
    return (
        f"default-src 'none'; style-src '{_source(style_sheet())}'; "
        f"script-src '{_source(page_script())}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def embedded_json(value: object) -> Markup:
    """Write a value as JSON in which no character can end the element around it."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for char in f"<>&{_LINE_ENDERS}":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)


def _source(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _asset(name: str) -> str:
    return resources.files("reports").joinpath("templates", name).read_text(encoding="utf-8")
