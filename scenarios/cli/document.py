"""The one JSON document that `run --json` prints."""

import json
import math
from dataclasses import asdict
from pathlib import Path

from models.records.record import RunRecord
from scenarios.cli.alerts_document import alerts_document

JSON_SCHEMA_VERSION = 1


def run_document(record: RunRecord, run_dir: Path | None) -> str:
    """The run's verdict for machines; ``counts.offered`` is the sum of the other counts."""
    facts = {
        "schema_version": JSON_SCHEMA_VERSION,
        "scenario": record.manifest.scenario,
        "seed": record.manifest.seed,
        "digest": record.digest,
        "verdict": record.verdict.value,
        "stop_reason": record.stop_reason,
        "expectations": [asdict(result) for result in record.expectations],
        "counts": asdict(record.counts),
        "alerts": alerts_document(record),
        "alternatives": [
            {
                "name": alternative.name,
                "digest": alternative.digest,
                "verdict": alternative.verdict.value,
                "counts": asdict(alternative.counts),
                "p99_ms": None if math.isnan(alternative.p99_ms) else alternative.p99_ms,
                "usd": sum(float(usd) for usd in alternative.costs["usd"].tolist()),
            }
            for alternative in record.alternatives
        ],
        "replay": record.replay,
        "run_dir": None if run_dir is None else str(run_dir),
    }
    return json.dumps(facts, indent=2)
