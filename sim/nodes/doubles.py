"""Requests that the network has doubled: one try of a call that arrives more than once.

To the server each arrival is a request of its own, with a number of its own, which takes a slot
and does all the work. To the caller they are one try, settled by whichever answer comes first. A
copy comes by another connection, so a caller that hangs up reaches the first arrival only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from models.records.schema import NO_PARENT
from sim.nodes.attempt import Attempt

if TYPE_CHECKING:
    from sim.nodes.channel import Channel

_COPY_BITS = NO_PARENT.bit_length()


def number_on_record(attempt_id: int) -> int:
    """The number under which a try is recorded, be it the first arrival or a copy."""
    return attempt_id & NO_PARENT


class CopyDesk:
    """Takes the answers to copies, for their channel."""

    __slots__ = ("_channel", "answer", "caller_index", "timeout_ns")

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.caller_index = channel.caller_index
        self.timeout_ns = channel.timeout_ns
        self.answer: Callable[[Attempt], None] = self._settle

    def copy(self, attempt: Attempt, copy_number: int) -> Attempt:
        """The same try as it arrives once more. Copies of one try are numbered from 1."""
        copy = _again(attempt)
        copy.id = attempt.id + (copy_number << _COPY_BITS)
        copy.channel = self
        return copy

    def _settle(self, copy: Attempt) -> None:
        answered = _again(copy)
        answered.id = number_on_record(copy.id)
        answered.channel = self._channel
        answered.wait_ns = copy.wait_ns
        answered.result = copy.result
        self._channel.answer(answered)


def _again(attempt: Attempt) -> Attempt:
    again = Attempt()
    again.node = attempt.node
    again.request = attempt.request
    again.parent = attempt.parent
    again.target = attempt.target
    again.try_number = attempt.try_number
    again.start_ns = attempt.start_ns
    again.permit = attempt.permit
    again.wait_ns = 0
    again.is_aborted = False
    return again
