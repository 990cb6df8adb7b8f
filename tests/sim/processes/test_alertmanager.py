"""What is written down about a page."""

from models.alerting.alert import Alert
from models.alerting.routing.delivery import Send
from models.alerting.routing.muting import Muted, MuteReason
from models.telemetry.labels import label_set
from sim.processes.alertmanager import muted_detail, page_detail


def alerts(*pairs):
    return tuple(
        Alert(label_set({"alertname": name, "instance": instance}), starts_at_ns=0)
        for name, instance in pairs
    )


def send(firing=(), resolved=(), group=()):
    return Send(1, "on-call", "webhook[0]", group, alerts(*firing), alerts(*resolved), attempt=1)


def test_names_are_sorted_and_each_is_said_once():
    detail = page_detail(send(firing=[("Slow", "a"), ("Down", "b"), ("Slow", "c")]))
    assert (detail["alerts"], detail["firing"]) == (["Down", "Slow"], 3)


def test_a_page_with_any_firing_alert_is_firing_and_names_no_resolved_one():
    detail = page_detail(send(firing=[("Down", "a")], resolved=[("Slow", "a")]))
    assert (detail["status"], detail["alerts"]) == ("firing", ["Down"])
    assert (detail["firing"], detail["resolved"]) == (1, 1)


def test_a_page_without_a_firing_alert_is_resolved():
    detail = page_detail(send(resolved=[("Slow", "a")]))
    assert (detail["status"], detail["alerts"]) == ("resolved", ["Slow"])


def test_the_group_is_written_as_people_read_labels():
    assert page_detail(send(group=(("job", "shop"),)))["group"] == '{job="shop"}'
    assert page_detail(send())["group"] == "{}"


def test_an_alert_that_was_kept_quiet_is_written_down_with_its_reason_and_cause():
    labels = label_set({"alertname": "Slow", "zone": "a"})
    muted = Muted("on-call", (("zone", "a"),), labels, MuteReason.INHIBITED, '{alertname="Down"}')
    assert muted_detail(muted) == {
        "alerts": ["Slow"],
        "labels": '{alertname="Slow",zone="a"}',
        "group": '{zone="a"}',
        "reason": "inhibited",
        "cause": '{alertname="Down"}',
    }
