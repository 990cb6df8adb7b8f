"""Users who wait for an answer before they go on: a closed loop.

What one user does depends on that user's own dice alone, so a slower platform makes everyone
send later, and nobody send something else.
"""

from collections.abc import Callable, Iterator

from models.base.outcome import Outcome
from models.base.samplers import make_sampler
from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs
from models.service.traffic import SourceSpec, UserSpec
from sim.kernel.ties import USER
from sim.nodes.attempt import Attempt
from sim.nodes.source import LoadSource, Source


class _User:
    """One person: where they are on their journey, and how long they take."""

    __slots__ = ("rests", "stage", "thinks")

    def __init__(self, spec: UserSpec, think: Stream, rest: Stream | None) -> None:
        self.stage = 0
        self.thinks: Iterator[DurationNs] = make_sampler(spec.think, think).draws
        self.rests: Iterator[DurationNs] = iter(())
        if spec.rest is not None and rest is not None:
            self.rests = make_sampler(spec.rest, rest).draws


class UserPool(Source):
    """The users of one source. Each thinks first, so that they do not all arrive at once."""

    def _prepare(self, streams: Callable[[str], Stream]) -> None:
        plan = self.spec.users
        assert plan is not None
        self._plan = plan
        self._waiting: dict[int, _User] = {}
        self._users = [
            _User(
                plan,
                streams(f"think/{self.name}/{number}"),
                None if plan.rest is None else streams(f"rest/{self.name}/{number}"),
            )
            for number in range(plan.count)
        ]

    def start(self) -> None:
        """Let every user begin, spread over the ramp."""
        super().start()
        for number, user in enumerate(self._users):
            begins: TimeNs = self._plan.ramp_ns * number // self._plan.count
            self._kernel.post(begins + next(user.thinks), USER, self._ask, user)

    def call_ended(self, last: Attempt, outcome: Outcome) -> None:
        """The user's request has its outcome: time to think about the next."""
        super().call_ended(last, outcome)
        user = self._waiting.pop(last.request.id)
        pause = next(user.thinks)
        if self._plan.rest is not None and user.stage == 0:
            pause = next(user.rests)
        self._kernel.post(self._kernel.now + pause, USER, self._ask, user)

    def _ask(self, user: _User) -> None:
        if self._is_stopped:
            return
        request = self._request(self._next_place(user))
        self._waiting[request.id] = user
        self._send(request.node, request, None)

    def _next_place(self, user: _User) -> int:
        journey = self._plan.journey
        if not journey:
            return self._place_in_mix()
        place = journey[user.stage]
        user.stage = (user.stage + 1) % len(journey)
        return place


def source_kind(spec: SourceSpec) -> type[Source]:
    """A closed loop where there are users who wait, an open one otherwise."""
    return LoadSource if spec.users is None else UserPool
