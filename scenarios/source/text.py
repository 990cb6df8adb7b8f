"""Bytes of a file to text that is fit to be parsed, or a located reason why not."""

import re
from pathlib import Path

from scenarios.source.marks import Mark, Source
from scenarios.source.problems import Problems

SIZE_LIMIT_BYTES = 1 << 20

_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def read_source(
    content: bytes, *, name: str, label: str, directory: Path, rank: int, problems: Problems
) -> tuple[Source, str] | None:
    """Decode one file; None, and a problem, when it is not text that YAML may contain.

    A leading byte order mark of UTF-8 is dropped. ``content`` may be cut after the size limit
    by the reader of the file; one byte beyond the limit is enough to know.
    """
    empty = Source(name, label, directory, (), rank)
    if len(content) > SIZE_LIMIT_BYTES:
        problems.add(Mark(empty, 1, 1), (), "the file is larger than 1 MiB, which is the limit")
        return None
    if content.startswith(_OTHER_ENCODINGS):
        problems.add(Mark(empty, 1, 1), (), "the file is not UTF-8 (it looks like UTF-16 or -32)")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _report_bad_byte(content, error, empty, problems)
        return None
    source = Source(name, label, directory, tuple(text.split("\n")), rank)
    control = _CONTROL.search(text)
    if control is not None:
        line = text.count("\n", 0, control.start()) + 1
        column = control.start() - (text.rfind("\n", 0, control.start()) + 1) + 1
        what = f"U+{ord(control.group()):04X}"
        problems.add(Mark(source, line, column), (), f"control character {what} is not allowed")
        return None
    return source, text


def _report_bad_byte(
    content: bytes, error: UnicodeDecodeError, source: Source, problems: Problems
) -> None:
    before = content[: error.start]
    line = before.count(b"\n") + 1
    prefix = before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace").removeprefix("\ufeff")
    byte = content[error.start]
    problems.add(
        Mark(source, line, len(prefix) + 1),
        (),
        f"the file is not UTF-8: byte 0x{byte:02x} cannot be read",
    )
