"""Rule groups as the text of a Prometheus rule file."""

from collections.abc import Sequence
from typing import Any

import yaml

from models.alerting.objectives.rules import RuleGroupText, RuleText


class _Dumper(yaml.SafeDumper):
    """Keeps the order of keys and writes long expressions line by line."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Equal labels are written out each time."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def rule_file_text(groups: Sequence[RuleGroupText]) -> str:
    """The groups as YAML that Prometheus, and ``foreshock rules``, read."""
    document = {
        "groups": [
            {"name": group.name, "rules": [_rule(rule) for rule in group.rules]} for group in groups
        ]
    }
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True))


def _rule(rule: RuleText) -> dict[str, Any]:
    written: dict[str, Any] = {rule.kind: rule.name, "expr": rule.expression}
    if rule.labels:
        written["labels"] = dict(rule.labels)
    if rule.annotations:
        written["annotations"] = dict(rule.annotations)
    return written
