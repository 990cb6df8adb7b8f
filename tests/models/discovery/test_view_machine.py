"""A view converges although answers are lost, delayed, doubled and out of order (PB06, PB21)."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from models.discovery.config import DiscoveryConfig
from models.discovery.member import Member, Registration, Status
from models.discovery.messages import ViewAnswer
from models.discovery.registry import Registry
from models.discovery.view import NEVER_LISTED, EndpointView

INSTANCES = st.sampled_from(["a", "b", "c"])


class ViewMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.registry = Registry(DiscoveryConfig(zone="z", history_limit=4))
        self.view = EndpointView("web")
        self.link: list[ViewAnswer] = []
        self.mirror: dict[str, Member] = {}
        self.truth: dict[int, tuple[Member, ...]] = {NEVER_LISTED: ()}
        self.latest_seen = NEVER_LISTED
        self._note_truth()

    def _note_truth(self) -> None:
        members = self.registry.instances("web")
        self.truth[self.registry.revision] = tuple(m for m in members if m.status is Status.UP)

    @rule(
        instance=INSTANCES,
        service=st.sampled_from(["web", "web", "cart"]),
        incarnation=st.integers(1, 9),
    )
    def register(self, instance: str, service: str, incarnation: int) -> None:
        # one registration may be two changes (a move), seen from "web" only the first counts
        before = self.registry.revision
        registration = Registration(instance, service, "z", incarnation=incarnation)
        self.registry.register(registration, now=0)
        self._note_truth()
        if self.registry.revision == before + 2 and service == "cart":
            self.truth[before + 1] = self.truth[before + 2]
        elif self.registry.revision == before + 2:
            self.truth[before + 1] = self.truth[before]

    @rule(instance=INSTANCES, incarnation=st.integers(1, 9))
    def deregister(self, instance: str, incarnation: int) -> None:
        self.registry.deregister(instance, incarnation)
        self._note_truth()

    @rule(
        instance=INSTANCES,
        incarnation=st.integers(1, 9),
        status=st.sampled_from([Status.UP, Status.DOWN]),
    )
    def set_status(self, instance: str, incarnation: int, status: Status) -> None:
        self.registry.set_status(instance, status, incarnation)
        self._note_truth()

    @rule()
    def ask(self) -> None:
        self.link.append(self.registry.answer(self.view.request()))

    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        if self.link:
            self._apply(self.link.pop(data.draw(st.integers(0, len(self.link) - 1))))

    @rule(data=st.data())
    def deliver_a_copy(self, data: st.DataObject) -> None:
        if self.link:
            self._apply(self.link[data.draw(st.integers(0, len(self.link) - 1))])

    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        if self.link:
            self.link.pop(data.draw(st.integers(0, len(self.link) - 1)))

    def _apply(self, answer: ViewAnswer) -> None:
        delta = self.view.apply(answer)
        for member in delta.removed:
            assert self.mirror.pop(member.instance) == member
        for member in delta.added:
            assert member.instance not in self.mirror
            self.mirror[member.instance] = member
        for member in delta.updated:
            assert self.mirror[member.instance] != member
            self.mirror[member.instance] = member

    @invariant()
    def the_view_equals_the_registry_at_its_revision(self) -> None:
        assert self.view.endpoints() == self.truth[self.view.revision]

    @invariant()
    def the_revision_never_goes_back(self) -> None:
        assert self.view.revision >= self.latest_seen
        self.latest_seen = self.view.revision

    @invariant()
    def the_reported_differences_add_up_to_the_view(self) -> None:
        assert tuple(self.mirror[name] for name in sorted(self.mirror)) == self.view.endpoints()

    def teardown(self) -> None:
        """After quiet, two round trips suffice: one may only say that it must list again."""
        for _ in range(2):
            self._apply(self.registry.answer(self.view.request()))
        assert self.view.revision == self.registry.revision
        for late in self.link:
            self._apply(late)
        assert self.view.endpoints() == self.truth[self.registry.revision]


TestViewMachine = ViewMachine.TestCase
TestViewMachine.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=40
)


def test_teardown_s_claim_holds_for_a_view_that_never_listed() -> None:
    machine = ViewMachine()
    machine.register("a", "web", 1)
    machine.teardown()
    assert [m.instance for m in machine.view.endpoints()] == ["a"]
