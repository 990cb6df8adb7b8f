"""The canonical digest of a run, and the first event in which two runs differ."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict

import numpy as np

from models.records.manifest import Manifest
from models.records.table import Table

DIGEST_BYTES = 16


def run_digest(manifest: Manifest, tables: Iterable[Table]) -> str:
    """Fingerprint of everything a seed decides: the manifest and every table, column by column.

    Machine, versions and wall time are not part of it. 32 hexadecimal digits.
    """
    state = hashlib.blake2b(digest_size=DIGEST_BYTES)
    _feed(state, json.dumps(asdict(manifest), sort_keys=True, separators=(",", ":")).encode())
    for table in tables:
        _feed(state, f"{table.schema.name}:{len(table)}".encode())
        for column in table.schema.columns:
            _feed(state, column.name.encode())
            if column.kind == "text":
                for text in table.texts[column.name]:
                    _feed(state, text.encode())
            else:
                wanted = np.dtype("<" + column.kind)
                _feed(state, np.ascontiguousarray(table.numbers[column.name], wanted).tobytes())
    return state.hexdigest()


def _feed(state: hashlib.blake2b, data: bytes) -> None:
    state.update(len(data).to_bytes(8, "little"))
    state.update(data)
