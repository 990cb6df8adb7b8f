"""The index of sources gives what asking every rule about every alert gives."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models.alerting.alert import Alert
from models.alerting.routing.held_alert import held
from models.alerting.routing.inhibition import InhibitRule
from models.alerting.routing.inhibition_index import InhibitionIndex
from models.alerting.routing.matcher_text import read_matchers
from models.telemetry.labels import label_set

VALUES = st.sampled_from(["", "1", "2"])
LABELS = st.fixed_dictionaries({"s": VALUES, "t": VALUES, "a": VALUES, "b": VALUES}).map(label_set)
RULES = st.lists(
    st.builds(
        InhibitRule,
        st.sampled_from(["s=1", "s=~'1|2'", "a!=2"]).map(read_matchers),
        st.sampled_from(["t=1", "t!=1", "s=1"]).map(read_matchers),
        st.sampled_from([(), ("a",), ("a", "b")]),
    ),
    max_size=3,
)
STEPS = st.lists(
    st.tuples(LABELS, st.sampled_from(["put", "drop"]), st.integers(1, 9)), max_size=30
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(RULES, STEPS, LABELS, st.integers(0, 9))
def test_the_first_source_is_the_one_that_is_found_without_an_index(rules, steps, asked, now):
    index, known = InhibitionIndex(rules), {}
    for labels, what, ends_at in steps:
        if what == "drop":
            known.pop(labels, None)
            index.drop(labels)
        else:
            known[labels] = held(Alert(labels, 0, ends_at), resolve_timeout_ns=5, now=0)
            index.put(known[labels])
    found = (rule.source_of(asked, known.values(), now=now) for rule in rules)
    assert index.source_of(asked, now=now) == next((one for one in found if one is not None), None)


def test_a_source_that_is_dropped_takes_no_other_with_it():
    index = InhibitionIndex([InhibitRule(read_matchers("s=1"), read_matchers("t=1"))])
    alerts = [Alert((("a", name), ("s", "1")), 0, 9) for name in "xyz"]
    for alert in alerts:
        index.put(held(alert, resolve_timeout_ns=5, now=0))
    for position, alert in enumerate(alerts[:2]):
        index.drop(alert.labels)
        assert index.source_of((("t", "1"),), now=0) == alerts[position + 1].labels
    index.drop(alerts[2].labels)
    index.drop(alerts[2].labels)
    assert index.source_of((("t", "1"),), now=0) is None


def test_only_sources_with_the_right_labels_are_looked_at():
    looked_at = []

    class Told:
        def __init__(self, value):
            self.labels = (("a", value), ("s", "1"))

        def is_resolved(self, *, now):
            looked_at.append((self.labels[0][1], now))
            return False

    index = InhibitionIndex([InhibitRule(read_matchers("s=1"), read_matchers("t=1"), ("a",))])
    for value in map(str, range(100)):
        index.put(Told(value))
    assert index.source_of((("a", "7"), ("t", "1")), now=3) == (("a", "7"), ("s", "1"))
    assert looked_at == [("7", 3)]
