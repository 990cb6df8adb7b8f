"""The known answers: 413 cases in 66 families, each an id, its parameters and its value.

Time is in mean service times (mu = 1) where a parameter does not say otherwise.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent / "cases.json"
FAMILY = re.compile(r"^[a-z]+[A-Z]?\d*[a-z]?")


@dataclass(frozen=True)
class Case:
    """One known answer. ``value`` is a number, or a list of several."""

    id: str
    parameters: dict[str, Any]
    value: Any

    @property
    def group(self) -> str:
        """The id up to its first parameter: ``mmc-Wq`` of ``mmc-Wq-8-0.8``."""
        kept = []
        for part in self.id.split("-"):
            if kept and not re.match(r"^[A-Za-z]+[\d.]*$", part):
                break
            kept.append(part)
        return "-".join(kept)

    def __getitem__(self, name: str) -> Any:
        return self.parameters[name]


def all_cases() -> list[Case]:
    """Every case of the table, in its order."""
    rows = json.loads(TABLE.read_text(encoding="utf-8"))
    return [Case(row["id"], row["parameters"], row["value"]) for row in rows]
