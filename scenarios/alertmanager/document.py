"""Alertmanager's configuration file as written.

What receivers need to reach people (addresses, secrets, texts) is not looked at; that it has the
names that Alertmanager knows is.

Source: semantics 4.1; alertmanager configuration reference.
"""

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from models.alerting.routing.matcher import Matcher, MatchKind
from models.alerting.routing.matcher_text import read_matchers
from models.base.errors import ConfigError
from scenarios.alertmanager import integrations as to
from scenarios.alertmanager.times import TimeIntervalDoc
from scenarios.document.prometheus_quantities import PrometheusDuration
from scenarios.document.quantities import mistake
from scenarios.document.shapes import Section
from scenarios.source.problems import quoted

Matchers: TypeAlias = tuple[Matcher, ...]


def _matchers(value: object) -> Matchers:
    texts = value if isinstance(value, list) else [value]
    found: list[Matcher] = []
    for text in texts:
        if not isinstance(text, str):
            raise mistake(f'expected a matcher such as severity="page", got {quoted(text)}')
        try:
            read = read_matchers(text)
        except ConfigError as error:
            raise mistake(str(error)) from error
        if not read and text.strip() not in ("", "{}"):
            raise mistake(f"{quoted(text)} has commas and no matcher")
        if text.rstrip().endswith("}") and not text.lstrip().startswith("{"):
            raise mistake(f"{quoted(text)} closes a brace that it does not open")
        found += read
    return tuple(found)


def _pairs(kind: MatchKind) -> BeforeValidator:
    def matchers(value: object) -> Matchers:
        if not isinstance(value, dict):
            raise mistake(f"expected labels and values, got {quoted(value)}")
        try:
            return tuple(Matcher(str(name), kind, str(one)) for name, one in value.items())
        except ConfigError as error:
            raise mistake(str(error)) from error

    return BeforeValidator(matchers)


_Matchers = Annotated[Any, BeforeValidator(_matchers)]
_Equal = Annotated[Any, _pairs(MatchKind.EQUAL)]
_Like = Annotated[Any, _pairs(MatchKind.LIKE)]


class RouteDoc(Section):
    """One route and those below it."""

    receiver: str | None = None
    matchers: _Matchers = ()
    match: _Equal = ()
    match_re: _Like = ()
    group_by: list[str] | None = None
    group_wait: PrometheusDuration | None = None
    group_interval: PrometheusDuration | None = None
    repeat_interval: PrometheusDuration | None = None
    continues: bool = Field(False, alias="continue")
    mute_time_intervals: list[str] = Field(default_factory=list)
    active_time_intervals: list[str] = Field(default_factory=list)
    routes: list["RouteDoc"] = Field(default_factory=list)

    def all_matchers(self) -> Matchers:
        """Old and new ways of writing them together."""
        return (*self.match, *self.match_re, *self.matchers)


class ReceiverDoc(Section):
    """Whom to tell, by every integration listed."""

    name: str = Field(min_length=1)
    discord_configs: list[to.Discord] = Field(default_factory=list)
    email_configs: list[to.Email] = Field(default_factory=list)
    incidentio_configs: list[to.Incidentio] = Field(default_factory=list)
    jira_configs: list[to.Jira] = Field(default_factory=list)
    mattermost_configs: list[to.Mattermost] = Field(default_factory=list)
    msteams_configs: list[to.Msteams] = Field(default_factory=list)
    msteamsv2_configs: list[to.Msteamsv2] = Field(default_factory=list)
    opsgenie_configs: list[to.Opsgenie] = Field(default_factory=list)
    pagerduty_configs: list[to.Pagerduty] = Field(default_factory=list)
    pushover_configs: list[to.Pushover] = Field(default_factory=list)
    rocketchat_configs: list[to.Rocketchat] = Field(default_factory=list)
    slack_configs: list[to.Slack] = Field(default_factory=list)
    sns_configs: list[to.Sns] = Field(default_factory=list)
    telegram_configs: list[to.Telegram] = Field(default_factory=list)
    victorops_configs: list[to.Victorops] = Field(default_factory=list)
    webex_configs: list[to.Webex] = Field(default_factory=list)
    webhook_configs: list[to.Webhook] = Field(default_factory=list)
    wechat_configs: list[to.Wechat] = Field(default_factory=list)

    def integrations(self) -> list[tuple[str, bool]]:
        """Names such as ``slack[0]``, and whether resolutions are told."""
        found = []
        for field in type(self).model_fields:
            kind = field.removesuffix("_configs")
            if kind != field:
                for index, settings in enumerate(getattr(self, field)):
                    found.append((f"{kind}[{index}]", to.tells_resolved(kind, settings)))
        return found


class InhibitRuleDoc(Section):
    """Alerts that keep others quiet."""

    name: str = ""
    source_match: _Equal = ()
    source_match_re: _Like = ()
    source_matchers: _Matchers = ()
    target_match: _Equal = ()
    target_match_re: _Like = ()
    target_matchers: _Matchers = ()
    equal: list[str] = Field(default_factory=list)


class NamedTimesDoc(Section):
    """Times with a name."""

    name: str = Field(min_length=1)
    time_intervals: list[TimeIntervalDoc] = Field(default_factory=list)


def _global(value: object) -> object:
    settings = to.check_known({} if value is None else value, to.GLOBAL_SETTINGS)
    return {key: one for key, one in settings.items() if key == "resolve_timeout"}


class GlobalDoc(Section):
    """Of the settings for all receivers, the one that decides anything."""

    resolve_timeout: PrometheusDuration = 300_000_000_000


class AlertmanagerDoc(Section):
    """The whole file."""

    global_: Annotated[GlobalDoc, BeforeValidator(_global)] = Field(GlobalDoc(), alias="global")
    route: RouteDoc
    receivers: list[ReceiverDoc] = Field(min_length=1)
    inhibit_rules: list[InhibitRuleDoc] = Field(default_factory=list)
    mute_time_intervals: list[NamedTimesDoc] = Field(default_factory=list)
    time_intervals: list[NamedTimesDoc] = Field(default_factory=list)
    templates: list[str] = Field(default_factory=list)
    tracing: to.Settings | None = None
