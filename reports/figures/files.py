"""Key figures as PNG files in a run's directory."""

from pathlib import Path

from models.records.record import RunRecord
from reports.figures.catalogue import figure, figure_names


def write_figures(record: RunRecord, directory: Path) -> tuple[Path, ...]:
    """Write every figure the run has as ``NAME.png``; the directory is made if need be.

    The same record gives the same bytes.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name in figure_names(record):
        path = directory / f"{name}.png"
        path.write_bytes(figure(record, name).png())
        written.append(path)
    return tuple(written)
