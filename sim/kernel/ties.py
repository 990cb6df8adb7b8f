"""Order of events that fall on the same instant.

Events are ordered by (time, class, sequence). The class says what kind of thing happens, so that
a fault strikes before the messages it may stop, and messages arrive before anyone acts on what
they know. Within one class the order of scheduling holds, unless ties are shuffled.
"""

from typing import Final

URGENT: Final = 0
"""SimPy's own: the start of a process and its interruptions."""
FAULT: Final = 10
NETWORK: Final = 20
SWEEP: Final = 30
SCRAPE: Final = 40
RULES: Final = 50
NOTIFY: Final = 60
USER: Final = 70
OBSERVER: Final = 90
"""Looks and never touches; never shuffled, so that looking changes nothing."""
END: Final = 100
"""The end of a phase: everything else at that instant has happened."""

TIE_CLASSES: Final = (URGENT, FAULT, NETWORK, SWEEP, SCRAPE, RULES, NOTIFY, USER, OBSERVER, END)
"""All classes, in their order."""
