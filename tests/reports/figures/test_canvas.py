"""Pictures without global state and with repeatable bytes."""

import subprocess
import sys

import matplotlib as mpl

from reports.figures.catalogue import figure
from tests.reports.small_run import request, small_run


def test_the_same_record_gives_the_same_bytes():
    record = small_run(requests=[request(0, 1)])
    assert figure(record, "errors").png() == figure(record, "errors").png()


def test_no_date_and_no_version_is_inside():
    data = figure(small_run(), "errors").png()
    assert b"matplotlib" not in data.lower()
    assert b"tEXt" not in data


def test_the_users_settings_change_nothing_and_stay_as_they_are():
    record = small_run(requests=[request(0, 1)])
    plain = figure(record, "errors").png()
    with mpl.rc_context({"axes.facecolor": "red", "font.size": 30}):
        assert figure(record, "errors").png() == plain
        assert mpl.rcParams["font.size"] == 30


def test_a_notebook_shows_the_picture_itself():
    made = figure(small_run(), "errors")
    assert made._repr_png_() == made.png()


def test_the_page_is_made_without_matplotlib():
    code = (
        "import sys, reports.page, reports.text, reports.junit; print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
