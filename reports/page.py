"""The report: one HTML file that needs nothing else, safe to open and to pass on.

Everything is inside: style sheet, chart script and data. A content security policy allows
exactly that script and that style sheet by their hashes and no request at all, so a hostile
name in a scenario stays text. The same record gives the same bytes.
"""

import base64
import hashlib
import json
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from models.records.record import RunRecord
from reports import quantities
from reports.charts import charts, timeline_data
from reports.tables.services import service_rows
from reports.timeline import timeline
from reports.verdict import expectation_rows, headline, origin

_SCRIPTS = ("report.js",)


def render(record: RunRecord) -> str:
    """The whole report as HTML text (write it as UTF-8)."""
    style, script = _asset("style.css"), "\n".join(_asset(name) for name in _SCRIPTS)
    return (
        _environment()
        .get_template("report.html")
        .render(
            record=record,
            manifest=record.manifest,
            origin_ns=origin(record.manifest),
            headline=headline(record),
            expectations=expectation_rows(record),
            charts=charts(record),
            moments=timeline(record),
            services=service_rows(record),
            policy=_policy(script, style),
            style=Markup(style),
            script=Markup(script),
            data=_embedded(timeline_data(record)),
        )
    )


def _embedded(value: object) -> Markup:
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _asset(name: str) -> str:
    return resources.files("reports").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("count", "latency", "span", "ratio", "money", "civil", "moment"):
        environment.filters[name] = getattr(quantities, f"{name}_text")
    return environment
