"""Pairs drawn ahead: every uniform is used once, in order, whatever happens in between."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from models.base.streams import Stream
from models.traffic.balancer.load.pair_draws import Pair, PairDraws


class OneUniformADraw(RuleBasedStateMachine):
    """Against a second stream of the same name that is drawn one by one."""

    @initialize()
    def begin(self) -> None:
        self.draws = PairDraws(Stream(7, "pairs"))
        self.stream = Stream(7, "pairs")
        self.pairs: tuple[Pair, ...] = ()

    @rule(members=st.integers(0, 5))
    def lay_out(self, members: int) -> None:
        self.pairs = tuple((one, other) for one in range(members) for other in range(members))
        self.draws.lay_out(self.pairs)

    @precondition(lambda self: self.pairs)
    @rule(count=st.integers(1, 150))
    def take(self, count: int) -> None:
        for _ in range(count):
            if not self.draws.drawn:
                self.draws.fetch()
            expected = self.pairs[int(self.stream.uniform() * len(self.pairs))]
            assert self.draws.drawn.pop() == expected

    @rule(count=st.integers(1, 70))
    def take_uniforms(self, count: int) -> None:
        for _ in range(count):
            assert self.draws.uniform() == self.stream.uniform()


TestOneUniformADraw = OneUniformADraw.TestCase
TestOneUniformADraw.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, derandomize=True
)
