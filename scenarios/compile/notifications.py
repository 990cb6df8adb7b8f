"""What is planned around notifications: receivers that are slow or down, and silences."""

from collections.abc import Iterator

from models.alerting.routing.conduct import ReceiverConduct
from models.alerting.routing.matcher import Matcher
from models.alerting.routing.matcher_text import read_matchers
from models.alerting.routing.settings import AlertmanagerConfig
from models.alerting.routing.silence import Silence
from models.base.distributions import Deterministic
from models.base.errors import ConfigError
from scenarios.compile.findings import Findings
from scenarios.compile.laws import distribution_of
from scenarios.document.monitoring import AlertingDoc, SilenceDoc
from scenarios.source.marks import KeyPath
from sim.blueprint import Phases


def compile_receivers(
    doc: AlertingDoc, alertmanager: AlertmanagerConfig, phases: Phases, findings: Findings
) -> tuple[ReceiverConduct, ...]:
    """The conduct of receivers that Alertmanager has."""
    known = [one.name for one in alertmanager.receivers]
    conducts = []
    for name, receiver in doc.receivers.items():
        path: KeyPath = ("alerting", "receivers", name)
        if name not in known:
            findings.unknown_key(path, "receiver", name, known)
        outages = tuple(
            (phases.warm_up_ns + outage.at, phases.warm_up_ns + outage.at + outage.for_)
            for outage in receiver.down
        )
        for index, (start_ns, _) in enumerate(outages):
            if start_ns >= phases.end_ns:
                findings.at_value((*path, "down", index, "at"), "the run has ended by then")
        latency = Deterministic(0)
        conducts.append(
            ReceiverConduct(
                name,
                latency if receiver.latency is None else distribution_of(receiver.latency),
                outages,
                receiver.fails,
            )
        )
    return tuple(conducts)


def compile_silences(doc: AlertingDoc, phases: Phases, findings: Findings) -> tuple[Silence, ...]:
    """Silences in civil time."""
    return tuple(_silences(doc, phases, findings))


def _silences(doc: AlertingDoc, phases: Phases, findings: Findings) -> Iterator[Silence]:
    begins_ns = phases.wall_start_ns + phases.warm_up_ns
    for index, silence in enumerate(doc.silences):
        path: KeyPath = ("alerting", "silences", index)
        matchers = _matchers(silence, path, findings)
        if matchers and all(matcher.accepts("") for matcher in matchers):
            message = "a silence needs a matcher that an empty value does not satisfy"
            findings.at_value((*path, "matchers"), message)
        if phases.warm_up_ns + silence.at >= phases.end_ns:
            findings.at_value((*path, "at"), "the run has ended by then")
        starts_ns = begins_ns + silence.at
        yield Silence(matchers, starts_ns, starts_ns + silence.for_, comment=silence.comment)


def _matchers(doc: SilenceDoc, path: KeyPath, findings: Findings) -> tuple[Matcher, ...]:
    found: list[Matcher] = []
    for index, text in enumerate(doc.matchers):
        try:
            found += read_matchers(text)
        except ConfigError as error:
            findings.at_value((*path, "matchers", index), str(error))
    return tuple(found)
