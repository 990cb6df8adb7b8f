"""Dashboards as Grafana imports them.

The uid comes from the names of scenario and dashboard alone, so importing the same declaration
again replaces the dashboard and doubles nothing. Alert rules stay with Prometheus, which runs
them; the dashboard marks when they fire.

Source: Grafana dashboard JSON model, schema version 39.
"""

import hashlib
import json

from models.base.time import NS_PER_S
from models.records.dashboard import Dashboard, Panel, Variable

SCHEMA_VERSION = 39
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS, _HEIGHT = 2, 8
_GRID_WIDTH = 24
_ON_TIME_RANGE_CHANGE, _BY_TEXT = 2, 1


def grafana_json(dashboard: Dashboard, scenario: str) -> str:
    """One dashboard; the same declaration gives the same bytes."""
    uid = hashlib.blake2b(f"{scenario}/{dashboard.name}".encode(), digest_size=8).hexdigest()
    whole = {
        "uid": uid,
        "title": dashboard.title,
        "tags": ["foreshock"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "time": {"from": f"now-{(dashboard.range_ns // NS_PER_S) or 3600}s", "to": "now"},
        "refresh": f"{max(1, dashboard.refresh_ns // NS_PER_S)}s",
        "templating": {
            "list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus"},
                *(_variable(variable) for variable in dashboard.variables),
            ]
        },
        "annotations": {
            "list": [
                {
                    "name": "Alerts",
                    "datasource": _SOURCE,
                    "enable": True,
                    "expr": 'ALERTS{alertstate="firing"}',
                    "titleFormat": "{{alertname}}",
                }
            ]
        },
        "panels": [_panel(panel, number) for number, panel in enumerate(dashboard.panels)],
    }
    return json.dumps(whole, indent=2, sort_keys=True) + "\n"


def _variable(variable: Variable) -> dict[str, object]:
    if variable.query:
        return {
            "name": variable.name,
            "type": "query",
            "datasource": _SOURCE,
            "definition": variable.query,
            "query": {"query": variable.query, "refId": "StandardVariableQuery"},
            "refresh": _ON_TIME_RANGE_CHANGE,
            "sort": _BY_TEXT,
        }
    return {
        "name": variable.name,
        "type": "custom",
        "query": ",".join(value.replace(",", "\\,") for value in variable.values),
        "current": {"text": variable.default, "value": variable.default},
        "options": [
            {"text": value, "value": value, "selected": value == variable.default}
            for value in variable.values
        ],
    }


def _panel(panel: Panel, number: int) -> dict[str, object]:
    width = _GRID_WIDTH // _COLUMNS
    return {
        "id": number + 1,
        "type": panel.kind,
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": {
            "x": number % _COLUMNS * width,
            "y": number // _COLUMNS * _HEIGHT,
            "w": width,
            "h": _HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": _SOURCE,
                "expr": query,
                "legendFormat": panel.legend or "__auto",
                "instant": panel.kind != "timeseries",
                "range": panel.kind == "timeseries",
            }
            for place, query in enumerate(panel.queries)
        ],
    }
