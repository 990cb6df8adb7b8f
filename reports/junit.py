"""The verdict as JUnit XML, the dialect CI systems read: one test case per expectation."""

import re
import xml.etree.ElementTree as ET
from datetime import datetime

from models.records.record import RunRecord, Verdict
from reports.text import counts_line
from reports.verdict import ExpectationRow, expectation_rows, headline

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(record: RunRecord) -> str:
    """A test suite named after the scenario.

    A violated expectation is a failure with target, observation and the replay line. A stopped
    run, and a failed one without a violated expectation, adds one case that is an error, so
    that no broken run looks green. Characters XML cannot hold are dropped.
    """
    rows = expectation_rows(record)
    name = _clean(record.manifest.scenario)
    failures = sum(not row.holds for row in rows)
    has_error = record.verdict is Verdict.STOPPED or (
        record.verdict is Verdict.FAILED and not failures
    )
    cases = max(len(rows), 0 if has_error else 1) + has_error
    suite = ET.Element(
        "testsuite",
        name=name,
        tests=str(cases),
        failures=str(failures),
        errors=str(int(has_error)),
        skipped="0",
        time=f"{record.provenance.wall_seconds:.3f}",
    )
    if _is_timestamp(record.provenance.created):
        suite.set("timestamp", record.provenance.created)
    _properties(suite, record)
    for row in rows:
        _case(suite, name, row, record)
    if has_error:
        error = ET.SubElement(_named_case(suite, name, "run ends"), "error")
        error.set("message", _clean(headline(record)))
        error.text = _clean(f"{headline(record)}\nreplay: {record.replay}")
    elif not rows:
        _named_case(suite, name, "run ends")
    ET.SubElement(suite, "system-out").text = _clean(
        f"{counts_line(record)}\nreplay: {record.replay}"
    )
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, name: str, row: ExpectationRow, record: RunRecord) -> None:
    case = _named_case(suite, name, row.expectation)
    if not row.holds:
        message = f"{row.expectation}: {row.observed}, target {row.target}"
        failure = ET.SubElement(case, "failure", message=_clean(message), type="expectation")
        failure.text = _clean(
            f"during {row.during}, first violated at {row.first_violation}, margin {row.margin}\n"
            f"replay: {record.replay}"
        )


def _named_case(suite: ET.Element, name: str, case: str) -> ET.Element:
    return ET.SubElement(
        suite, "testcase", classname=f"foreshock.{name}", name=_clean(case), time="0"
    )


def _properties(suite: ET.Element, record: RunRecord) -> None:
    properties = ET.SubElement(suite, "properties")
    for key, value in (
        ("seed", str(record.manifest.seed)),
        ("digest", record.digest),
        ("replay", record.replay),
    ):
        ET.SubElement(properties, "property", name=key, value=_clean(value))


def _is_timestamp(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("", text)
