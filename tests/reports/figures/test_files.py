"""Figures as files in a run's directory."""

from reports.figures.files import write_figures
from tests.reports.small_run import small_run


def test_every_figure_becomes_a_file(tmp_path):
    written = write_figures(small_run(), tmp_path / "figures")
    assert [path.name for path in written] == ["load-latency.png", "errors.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)


def test_writing_again_replaces_the_files(tmp_path):
    first = write_figures(small_run(), tmp_path)
    assert write_figures(small_run(), tmp_path) == first
