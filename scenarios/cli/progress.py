"""Progress on stderr: virtual time, share done, events a second, speed-up, time left.

On a terminal one line is rewritten; elsewhere a plain line appears every ten seconds of work.
"""

import sys
from collections.abc import Callable
from typing import TextIO

from models.base.time import NS_PER_S, TimeNs, format_duration

_PLAIN_EVERY_S = 10.0
_SHOWN_EVERY_S = 0.2


class ProgressLine:
    """Callable given to the run; :meth:`close` ends the line."""

    def __init__(self, end_ns: TimeNs, *, stream: TextIO | None = None) -> None:
        self._end_ns = end_ns
        self._stream = stream if stream is not None else sys.stderr
        self._is_terminal = self._stream.isatty()
        self._shown_at_s = 0.0
        self._has_shown = False

    def __call__(self, now_ns: TimeNs, events: int, wall_s: float) -> None:
        """Show how far the run is, unless it was shown a moment ago."""
        every = _SHOWN_EVERY_S if self._is_terminal else _PLAIN_EVERY_S
        if wall_s < self._shown_at_s:  # the run of an alternative has begun
            self._shown_at_s = 0.0
        if wall_s - self._shown_at_s < every:
            return
        self._shown_at_s = wall_s
        text = self._text(now_ns, events, wall_s)
        if self._is_terminal:
            self._stream.write(f"\r\x1b[2K{text}")
        else:
            self._stream.write(text + "\n")
        self._stream.flush()
        self._has_shown = True

    def _text(self, now_ns: TimeNs, events: int, wall_s: float) -> str:
        share = now_ns / self._end_ns if self._end_ns else 1.0
        left_s = wall_s * (1.0 - share) / share if share else 0.0
        clock = format_duration(now_ns // NS_PER_S * NS_PER_S)
        return (
            f"{clock} of {format_duration(self._end_ns)} ({share:4.0%})"
            f"  {events / wall_s:,.0f} events/s"
            f"  {now_ns / NS_PER_S / wall_s:,.0f}x real time  {left_s:,.0f} s left"
        )

    def close(self) -> None:
        """Leave the terminal's cursor on a clean line."""
        if self._has_shown and self._is_terminal:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()


def quiet(_now_ns: TimeNs, _events: int, _wall_s: float) -> None:
    """Show nothing."""


Show = Callable[[TimeNs, int, float], None]
