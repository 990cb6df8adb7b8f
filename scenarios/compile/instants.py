"""A log of requests from a CSV file: the time of each, as an instant of the run."""

import csv
import io
from fractions import Fraction

from models.base.errors import ValueSyntaxError
from models.base.time import TimeNs
from models.service.arrivals import TimedArrivals
from scenarios.compile.findings import Findings, unknown_name
from scenarios.document.quantities import parse_civil_time
from scenarios.document.traffic import InstantsArrivals
from scenarios.source.files import NamedFile
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted

BAD_ROWS_SHOWN_MAX = 10


def compile_instants(
    doc: InstantsArrivals, path: KeyPath, end_ns: TimeNs, findings: Findings
) -> TimedArrivals | None:
    """Instants within a run of ``end_ns``; None, and problems, when the file gives none."""
    where: KeyPath = (*path, "instants")
    found = findings.files.matching(doc.instants, findings.located.value_mark(where), where)
    if len(found) != 1:
        if found:
            message = f"{quoted(doc.instants)} stands for {len(found)} files, not one"
            findings.at_value(where, message)
        return None
    times = _times(found[0], doc, where, findings)
    if times is None:
        return None
    begins = times[0] if doc.from_ is None else doc.from_
    speed = Fraction(doc.speed)
    instants = (int((time - begins) / speed) for time in times if time >= begins)
    kept = tuple(instant for instant in instants if instant < end_ns)
    if not kept:
        findings.at_value(where, f"no row of {quoted(doc.instants)} falls into the run")
        return None
    return TimedArrivals(kept)


def _times(
    file: NamedFile, doc: InstantsArrivals, where: KeyPath, findings: Findings
) -> list[TimeNs] | None:
    """The times in the file, sorted; None if some cannot be read."""
    try:
        rows = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"), newline=""))
        columns = rows.fieldnames or ()
        if doc.column not in columns:
            message = f"{file.name}: {unknown_name('column', doc.column, columns)}"
            findings.at_value(
                (*where[:-1], "column") if doc.column != "timestamp" else where, message
            )
            return None
        times, bad = [], 0
        for row in rows:
            try:
                times.append(parse_civil_time(row[doc.column] or ""))
            except ValueSyntaxError as error:
                bad += 1
                if bad <= BAD_ROWS_SHOWN_MAX:
                    findings.at_value(where, f"{file.name}:{rows.line_num}: {error}")
    except (UnicodeDecodeError, csv.Error):
        findings.at_value(where, f"{file.name} is not a CSV file in UTF-8")
        return None
    if not times and not bad:
        findings.at_value(where, f"{file.name} has no rows")
    return sorted(times) if times and not bad else None
