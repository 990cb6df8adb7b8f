"""What nodes remember about label sets stays within bounds."""

from models.telemetry.promql.plan import nodes
from models.telemetry.promql.plan.nodes import LabelMemo


def test_a_memo_asks_once_and_forgets_everything_when_it_is_full(monkeypatch):
    monkeypatch.setattr(nodes, "MEMO_MAX", 2)
    asked = []
    memo = LabelMemo(lambda labels: asked.append(labels) or labels[:1])
    keys = [(("a", str(number)),) for number in range(3)]
    for key in (keys[0], keys[0], keys[1], keys[2], keys[0]):
        assert memo[key] == key[:1]
    assert asked == [keys[0], keys[1], keys[2], keys[0]]
    assert len(memo) == 2
