"""Turns of a scrape loop: when a scrape begins, when it is given up, which answers count."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sim.processes.scraping import ScrapeTurns, Turn

START, INTERVAL, TIMEOUT = 100, 10, 4


def turns(timeout_ns=TIMEOUT):
    return ScrapeTurns(START, interval_ns=INTERVAL, timeout_ns=timeout_ns)


def test_the_first_scrape_begins_at_the_start():
    one = turns()
    assert one.next_deadline() == START
    assert one.tick(now=START - 1) == Turn(None, None)
    assert one.tick(now=START) == Turn(None, START)


def test_a_scrape_is_given_up_when_its_time_out_has_passed():
    one = turns()
    one.tick(now=START)
    assert one.next_deadline() == START + TIMEOUT
    assert one.tick(now=START + TIMEOUT - 1) == Turn(None, None)
    assert one.tick(now=START + TIMEOUT) == Turn(START, None)
    assert one.next_deadline() == START + INTERVAL


def test_an_answer_in_time_counts_once():
    one = turns()
    one.tick(now=START)
    assert one.answered(START)
    assert not one.answered(START)
    assert one.next_deadline() == START + INTERVAL


def test_an_answer_after_the_time_out_is_ignored():
    one = turns()
    one.tick(now=START)
    one.tick(now=START + TIMEOUT)
    assert not one.answered(START)


def test_an_answer_to_an_earlier_scrape_leaves_the_present_one_open():
    one = turns()
    one.tick(now=START)
    one.tick(now=START + TIMEOUT)
    one.tick(now=START + INTERVAL)
    assert not one.answered(START)
    assert one.answered(START + INTERVAL)


def test_one_that_lasts_a_whole_interval_is_given_up_as_the_next_begins():
    one = turns(timeout_ns=INTERVAL)
    one.tick(now=START)
    assert one.tick(now=START + INTERVAL) == Turn(START, START + INTERVAL)


def test_a_late_tick_begins_at_the_instant_that_was_due():
    one = turns()
    assert one.tick(now=START + 3) == Turn(None, START)
    assert one.next_deadline() == START + TIMEOUT


def test_an_abandoned_scrape_neither_fails_nor_is_answered():
    one = turns()
    one.tick(now=START)
    one.abandon()
    assert not one.answered(START)
    assert one.tick(now=START + TIMEOUT) == Turn(None, None)


def test_skipped_scrapes_are_not_made_up_for():
    one = turns()
    one.skip(now=START + 2 * INTERVAL + 3)
    assert one.next_deadline() == START + 3 * INTERVAL


def test_reading_the_deadline_changes_nothing():
    one = turns()
    assert one.next_deadline() == one.next_deadline()
    assert one.tick(now=START) == Turn(None, START)


class Scraping(RuleBasedStateMachine):
    """Against a naive diary: every scrape ends once, in time, and begins on the grid."""

    def __init__(self):
        super().__init__()
        self.turns = turns()
        self.now = START - 5
        self.open: list[int] = []
        self.ended: dict[int, str] = {}

    @rule(step=st.integers(1, 12))
    def time_passes(self, step):
        until = self.now + step
        while self.turns.next_deadline() <= until:
            self.now = self.turns.next_deadline()
            turn = self.turns.tick(now=self.now)
            if turn.failed_ns is not None:
                assert self.now == turn.failed_ns + TIMEOUT
                self.open.remove(turn.failed_ns)
                self.end(turn.failed_ns, "failed")
            if turn.begins_ns is not None:
                assert turn.begins_ns == self.now
                self.open.append(turn.begins_ns)
        self.now = until

    @precondition(lambda self: self.open or self.ended)
    @rule(data=st.data())
    def an_answer_comes(self, data):
        began = data.draw(st.sampled_from([*self.ended, *self.open]))
        counts = self.turns.answered(began)
        assert counts == (began in self.open)
        if counts:
            self.open.remove(began)
            self.end(began, "answered")

    @rule()
    def power_fails_for_a_while(self):
        self.turns.abandon()
        for began in self.open:
            self.end(began, "lost")
        self.open = []
        self.now += 2 * INTERVAL
        self.turns.skip(now=self.now)

    def end(self, began, how):
        assert began not in self.ended
        self.ended[began] = how

    @invariant()
    def at_most_one_is_under_way_and_all_begin_on_the_grid(self):
        assert len(self.open) <= 1
        assert all((began - START) % INTERVAL == 0 for began in (*self.ended, *self.open))
        assert self.turns.next_deadline() > self.now


TestScraping = Scraping.TestCase
TestScraping.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=30
)
