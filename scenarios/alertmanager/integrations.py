"""Which settings Alertmanager knows for each way of reaching people, and for all of them together.

A misspelt setting would be refused by Alertmanager when it is deployed, so it is refused here.
What the settings say (addresses, secrets, texts), and what is inside of nested ones such as
``http_config``, is not looked at, except whether the end of an alert is told.

Source: alertmanager configuration reference and config/notifiers.go, 0.28 and later.
"""

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

from scenarios.document.quantities import mistake
from scenarios.source.problems import quoted, suggestion

Settings: TypeAlias = dict[str, Any]

QUIET_WHEN_RESOLVED = frozenset({"email", "rocketchat", "slack", "wechat"})
"""Integrations that do not tell the end of an alert unless asked to."""

GLOBAL_SETTINGS = frozenset({
    "resolve_timeout", "http_config", "smtp_from", "smtp_hello", "smtp_smarthost",
    "smtp_auth_username", "smtp_auth_password", "smtp_auth_password_file", "smtp_auth_secret",
    "smtp_auth_secret_file", "smtp_auth_identity", "smtp_require_tls", "smtp_tls_config",
    "smtp_force_implicit_tls", "slack_api_url", "slack_api_url_file", "slack_app_token",
    "slack_app_token_file", "slack_app_url", "pagerduty_url", "opsgenie_api_url",
    "opsgenie_api_key", "opsgenie_api_key_file", "wechat_api_url", "wechat_api_secret",
    "wechat_api_secret_file", "wechat_api_corp_id", "victorops_api_url", "victorops_api_key",
    "victorops_api_key_file", "telegram_api_url", "telegram_bot_token", "telegram_bot_token_file",
    "webex_api_url", "jira_api_url", "rocketchat_api_url", "rocketchat_token",
    "rocketchat_token_file", "rocketchat_token_id", "rocketchat_token_id_file",
    "mattermost_webhook_url", "mattermost_webhook_url_file",
})  # fmt: skip

INTEGRATION_SETTINGS = {
    kind: frozenset(f"send_resolved {settings}".split())
    for kind, settings in {
        "discord": """
            http_config webhook_url webhook_url_file content title message username avatar_url
        """,
        "email": """
            to from hello smarthost auth_username auth_password auth_password_file auth_secret
            auth_secret_file auth_identity headers html text require_tls tls_config
            force_implicit_tls threading
        """,
        "incidentio": """
            http_config url url_file alert_source_token alert_source_token_file max_alerts timeout
        """,
        "jira": """
            http_config api_url api_type project summary description labels priority issue_type
            reopen_transition resolve_transition wont_fix_resolution reopen_duration fields
        """,
        "mattermost": """
            http_config webhook_url webhook_url_file channel username text fallback color pretext
            author_name author_link author_icon title title_link fields thumb_url footer
            footer_icon image_url icon_url icon_emoji attachments type props priority
        """,
        "msteams": "http_config webhook_url webhook_url_file title summary text",
        "msteamsv2": "http_config webhook_url webhook_url_file title text",
        "opsgenie": """
            http_config api_key api_key_file api_url message description source details entity
            responders actions tags note priority update_alerts
        """,
        "pagerduty": """
            http_config service_key service_key_file routing_key routing_key_file url client
            client_url description details images links source severity class component group
            timeout
        """,
        "pushover": """
            http_config user_key user_key_file token token_file title message url url_title device
            sound priority retry expire ttl html monospace
        """,
        "rocketchat": """
            http_config api_url token_id token_id_file token token_file channel color title
            title_link text fields short_fields emoji icon_url image_url thumb_url link_names
            actions
        """,
        "slack": """
            http_config api_url api_url_file app_token app_token_file app_url channel username
            color title title_link pretext text message_text fields short_fields footer fallback
            callback_id icon_emoji icon_url image_url thumb_url link_names mrkdwn_in actions
            update_message timeout
        """,
        "sns": """
            http_config api_url sigv4 topic_arn phone_number target_arn subject message attributes
        """,
        "telegram": """
            http_config api_url bot_token bot_token_file chat_id chat_id_file message_thread_id
            message disable_notifications parse_mode
        """,
        "victorops": """
            http_config api_key api_key_file api_url routing_key message_type state_message
            entity_display_name monitoring_tool custom_fields
        """,
        "webex": "http_config api_url message room_id",
        "webhook": "http_config url url_file max_alerts timeout payload",
        "wechat": """
            http_config api_secret api_secret_file corp_id message api_url to_user to_party to_tag
            agent_id message_type
        """,
    }.items()
}
"""Settings of each integration, by the name of its section without ``_configs``."""


def check_known(value: object, known: frozenset[str]) -> Settings:
    """A mapping whose keys are all known.

    Raises:
        Mistake: it is none, or has an unknown key, which is then named with what was meant.
    """
    if not isinstance(value, dict):
        raise mistake(f"expected a mapping, got {quoted(value)}")
    for key in value:
        if key not in known:
            raise mistake(f"unknown field{suggestion(str(key), sorted(known))}", field=key)
    return value


def _contact(kind: str) -> BeforeValidator:
    def check(value: object) -> Settings:
        settings = check_known(value, INTEGRATION_SETTINGS[kind])
        tells = settings.get("send_resolved", False)
        if not isinstance(tells, bool):
            raise mistake(f"send_resolved is true or false, not {quoted(tells)}")
        return settings

    return BeforeValidator(check)


Discord = Annotated[Any, _contact("discord")]
Email = Annotated[Any, _contact("email")]
Incidentio = Annotated[Any, _contact("incidentio")]
Jira = Annotated[Any, _contact("jira")]
Mattermost = Annotated[Any, _contact("mattermost")]
Msteams = Annotated[Any, _contact("msteams")]
Msteamsv2 = Annotated[Any, _contact("msteamsv2")]
Opsgenie = Annotated[Any, _contact("opsgenie")]
Pagerduty = Annotated[Any, _contact("pagerduty")]
Pushover = Annotated[Any, _contact("pushover")]
Rocketchat = Annotated[Any, _contact("rocketchat")]
Slack = Annotated[Any, _contact("slack")]
Sns = Annotated[Any, _contact("sns")]
Telegram = Annotated[Any, _contact("telegram")]
Victorops = Annotated[Any, _contact("victorops")]
Webex = Annotated[Any, _contact("webex")]
Webhook = Annotated[Any, _contact("webhook")]
Wechat = Annotated[Any, _contact("wechat")]


def tells_resolved(kind: str, settings: Settings) -> bool:
    """Whether the integration tells the end of an alert."""
    return bool(settings.get("send_resolved", kind not in QUIET_WHEN_RESOLVED))
