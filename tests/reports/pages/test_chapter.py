"""Each section of a scenario opens its own chapter."""

from dataclasses import replace

import pytest

from reports.pages.chapter import chapter_of
from tests.reports.small_run import MANIFEST, small_run


@pytest.mark.parametrize("section", ["failover", "capacity", "cost", "jobs", "traffic"])
def test_every_section_has_a_chapter(section):
    record = small_run(manifest=replace(MANIFEST, section=section))
    assert chapter_of(record).title.lower() == section


def test_a_section_nobody_knows_has_none():
    assert chapter_of(small_run(manifest=replace(MANIFEST, section="other"))) is None
