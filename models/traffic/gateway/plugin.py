"""Plug-ins around a route: what they may do, and the chain that calls them in order.

On the way in they run in order, on the way out in the opposite order, like the layers of an
onion. A plug-in that answers a request itself, or that fails, ends the way in there; the way out
then leads through exactly those that the request had passed. A failing plug-in is the failure
of that request, located by the plug-in's name, and never of the gateway.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from models.traffic.gateway.decision import STATUS_OF, Reason
from models.traffic.gateway.message import GatewayRequest, GatewayResponse


class Plugin(Protocol):
    """Looks at requests before they go to the service, and at responses on their way back."""

    @property
    def name(self) -> str:
        """What it is called in counters and failures."""
        ...

    def before(self, request: GatewayRequest, /) -> GatewayRequest | GatewayResponse:
        """Pass the request on, changed or not, or answer it."""
        ...

    def after(self, request: GatewayRequest, response: GatewayResponse, /) -> GatewayResponse:
        """Pass the response on, changed or not; ``request`` is as it left the chain."""
        ...


@dataclass(frozen=True, slots=True)
class PluginCounts:
    """What one plug-in did: requests passed on, answered by itself, responses passed on, failed."""

    name: str
    passed: int
    answered: int
    returned: int
    failed: int


class CountedPlugin:
    """A plug-in in its place in the chain, with what it did so far."""

    __slots__ = ("answered", "failed", "name", "passed", "plugin", "returned")

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self.name = plugin.name
        self.passed = self.answered = self.returned = self.failed = 0

    def counts(self) -> PluginCounts:
        """The numbers so far."""
        return PluginCounts(self.name, self.passed, self.answered, self.returned, self.failed)


@dataclass(frozen=True, slots=True)
class Passage:
    """How far a request came: the request as the last plug-in left it, or how it ended."""

    request: GatewayRequest
    passed: int
    response: GatewayResponse | None = None
    failure: str = ""

    @property
    def reason(self) -> Reason:
        """Why it ended, if it did."""
        return Reason.PLUGIN_FAILED if self.failure else Reason.PLUGIN_ANSWERED


FAILED_RESPONSE = GatewayResponse(STATUS_OF[Reason.PLUGIN_FAILED])


def run_before(plugins: Sequence[CountedPlugin], request: GatewayRequest) -> Passage:
    """Lead a request through the plug-ins in order, until one ends it."""
    for position, counted in enumerate(plugins):
        result, failure = _ask_before(counted, request)
        if failure:
            counted.failed += 1
            return Passage(request, position, FAILED_RESPONSE, failure)
        if isinstance(result, GatewayResponse):
            counted.answered += 1
            return Passage(request, position, result)
        counted.passed += 1
        request = result
    return Passage(request, len(plugins))


def run_after(
    plugins: Sequence[CountedPlugin], request: GatewayRequest, response: GatewayResponse
) -> tuple[GatewayResponse, str]:
    """Lead a response back through the plug-ins, the last first; also say what failed first.

    A plug-in that fails turns the response into the gateway's own 500; those before it in the
    chain see that one.
    """
    first_failure = ""
    for counted in reversed(plugins):
        response, failure = _ask_after(counted, request, response)
        if failure:
            counted.failed += 1
            first_failure = first_failure or failure
        else:
            counted.returned += 1
    return response, first_failure


def _ask_before(
    counted: CountedPlugin, request: GatewayRequest
) -> tuple[GatewayRequest | GatewayResponse, str]:
    try:
        result = counted.plugin.before(request)
    except Exception as error:  # noqa: BLE001 - a plug-in is not ours: its failure ends one request
        return FAILED_RESPONSE, _located(counted, "before", repr(error))
    if isinstance(result, GatewayRequest | GatewayResponse):
        return result, ""
    return FAILED_RESPONSE, _located(counted, "before", f"returned {type(result).__name__}")


def _ask_after(
    counted: CountedPlugin, request: GatewayRequest, response: GatewayResponse
) -> tuple[GatewayResponse, str]:
    try:
        result = counted.plugin.after(request, response)
    except Exception as error:  # noqa: BLE001 - a plug-in is not ours: its failure ends one request
        return FAILED_RESPONSE, _located(counted, "after", repr(error))
    if isinstance(result, GatewayResponse):
        return result, ""
    return FAILED_RESPONSE, _located(counted, "after", f"returned {type(result).__name__}")


def _located(counted: CountedPlugin, verb: str, what: str) -> str:
    return f"plug-in '{counted.name}' ({verb}): {what}"
