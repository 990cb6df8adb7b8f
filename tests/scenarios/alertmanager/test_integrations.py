"""Settings of receivers that Alertmanager would refuse are refused when the file is read."""

from pathlib import Path

import pytest

from scenarios.alertmanager.document import ReceiverDoc
from scenarios.alertmanager.integrations import INTEGRATION_SETTINGS, tells_resolved
from tests.scenarios.alertmanager.test_read import read_text

KINDS = sorted(INTEGRATION_SETTINGS)


def receiver(contact: str, more: str = "") -> str:
    return f"{more}route: {{receiver: a}}\nreceivers:\n- name: a\n  {contact}\n"


def test_every_integration_of_a_receiver_has_its_settings() -> None:
    sections = [name for name in ReceiverDoc.model_fields if name.endswith("_configs")]
    assert sorted(sections) == [f"{kind}_configs" for kind in KINDS]


@pytest.mark.parametrize("kind", KINDS)
def test_all_known_settings_of_an_integration_are_accepted(tmp_path: Path, kind: str) -> None:
    names = sorted(INTEGRATION_SETTINGS[kind] - {"send_resolved"})
    settings = ", ".join([*(f"{name}: x" for name in names), "send_resolved: true"])
    config, problems = read_text(tmp_path, receiver(f"{kind}_configs: [{{{settings}}}]"))
    assert problems == []
    assert config is not None
    assert [one.name for one in config.receivers[0].integrations] == [f"{kind}[0]"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_setting_that_the_integration_does_not_have_is_refused(tmp_path: Path, kind: str) -> None:
    config, problems = read_text(tmp_path, receiver(f"{kind}_configs: [{{nobody: x}}]"))
    assert config is None
    (problem,) = problems
    assert "am.yml:4:" in problem
    assert "unknown field" in problem


@pytest.mark.parametrize(
    ("contact", "meant"),
    [
        ("slack_configs: [{chanel: x}]", "did you mean 'channel'?"),
        ("pagerduty_configs: [{routing_kee: x}]", "did you mean 'routing_key'?"),
        ("email_configs: [{smart_host: x}]", "did you mean 'smarthost'?"),
        ("webhook_configs: [{uri: x}]", "did you mean 'url'?"),
    ],
)
def test_what_was_meant_is_suggested(tmp_path: Path, contact: str, meant: str) -> None:
    _, problems = read_text(tmp_path, receiver(contact))
    assert len(problems) == 1
    assert meant in problems[0]


def test_a_misspelt_global_setting_is_refused_at_its_key(tmp_path: Path) -> None:
    text = receiver("webhook_configs: []", "global:\n  smtp_form: x\n")
    config, problems = read_text(tmp_path, text)
    assert config is None
    (problem,) = problems
    assert "am.yml:2:3" in problem
    assert "did you mean 'smtp_from'?" in problem


def test_known_global_settings_are_accepted_and_their_values_not_looked_at(tmp_path: Path) -> None:
    more = "global: {resolve_timeout: 7m, smtp_from: 5, http_config: {proxy_url: x}}\n"
    config, problems = read_text(tmp_path, receiver("webhook_configs: []", more))
    assert problems == []
    assert config is not None
    assert config.resolve_timeout_ns == 420_000_000_000


def test_an_empty_global_section_is_none_at_all(tmp_path: Path) -> None:
    config, problems = read_text(tmp_path, receiver("webhook_configs: []", "global:\n"))
    assert (problems, config is None) == ([], False)


def test_whether_resolutions_are_told_is_true_or_false(tmp_path: Path) -> None:
    _, problems = read_text(tmp_path, receiver("slack_configs: [{send_resolved: sure}]"))
    assert len(problems) == 1
    assert "true or false" in problems[0]


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    _, problems = read_text(tmp_path, receiver("pagerduty_configs: [{routing_kee: s3cr3t}]"))
    assert "s3cr3t" not in " ".join(problems)


@pytest.mark.parametrize("kind", KINDS)
def test_resolutions_are_told_by_default_but_for_four(kind: str) -> None:
    """Semantics 4.1; config/notifiers.go has Rocket.Chat quiet as well."""
    assert tells_resolved(kind, {}) == (kind not in {"email", "rocketchat", "slack", "wechat"})
    assert tells_resolved(kind, {"send_resolved": True})
    assert not tells_resolved(kind, {"send_resolved": False})
