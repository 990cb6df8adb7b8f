"""The chain of plug-ins. Order and isolation of failures."""

from dataclasses import dataclass, replace

import pytest

from models.traffic.gateway.decision import Reason
from models.traffic.gateway.message import GatewayRequest, GatewayResponse
from models.traffic.gateway.plugin import CountedPlugin, PluginCounts, run_after, run_before

REQUEST = GatewayRequest("GET", "shop.example", "/")


@dataclass
class Tracer:
    """Writes its name into what passes."""

    name: str
    log: list[str]

    def before(self, request: GatewayRequest, /) -> GatewayRequest | GatewayResponse:
        self.log.append(f">{self.name}")
        return replace(request, headers=request.headers.adding("seen", self.name))

    def after(self, _request: GatewayRequest, response: GatewayResponse, /) -> GatewayResponse:
        self.log.append(f"<{self.name}")
        return replace(response, headers=response.headers.adding("seen", self.name))


class Answering(Tracer):
    def before(self, request: GatewayRequest, /) -> GatewayRequest | GatewayResponse:
        super().before(request)
        return GatewayResponse(418)


class Raising(Tracer):
    def before(self, _request: GatewayRequest, /) -> GatewayRequest | GatewayResponse:
        raise KeyError("lost")

    def after(self, _request: GatewayRequest, _response: GatewayResponse, /) -> GatewayResponse:
        raise RecursionError


class Senseless(Tracer):
    def before(self, _request: GatewayRequest, /) -> GatewayRequest | GatewayResponse:
        return None  # type: ignore[return-value]

    def after(self, _request: GatewayRequest, _response: GatewayResponse, /) -> GatewayResponse:
        return _request  # type: ignore[return-value]


def chain(*kinds: type[Tracer]) -> tuple[list[CountedPlugin], list[str]]:
    log: list[str] = []
    plugins = [kind("abcdef"[place], log) for place, kind in enumerate(kinds)]
    return [CountedPlugin(plugin) for plugin in plugins], log


def test_in_by_order_and_out_by_the_opposite_order() -> None:
    plugins, log = chain(Tracer, Tracer, Tracer)
    passage = run_before(plugins, REQUEST)
    assert (passage.passed, passage.response) == (3, None)
    assert passage.request.headers.value("seen") == "a, b, c"
    response, failure = run_after(plugins, passage.request, GatewayResponse(200))
    assert (response.headers.value("seen"), failure) == ("c, b, a", "")
    assert log == [">a", ">b", ">c", "<c", "<b", "<a"]


def test_no_plugins_change_nothing() -> None:
    assert run_before([], REQUEST).request is REQUEST
    response = GatewayResponse(204)
    assert run_after([], REQUEST, response) == (response, "")


def test_an_answer_ends_the_way_in_after_those_passed() -> None:
    plugins, log = chain(Tracer, Answering, Tracer)
    passage = run_before(plugins, REQUEST)
    assert passage.response == GatewayResponse(418)
    assert (passage.passed, passage.reason) == (1, Reason.PLUGIN_ANSWERED)
    assert log == [">a", ">b"]


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        (Raising, "plug-in 'b' (before): KeyError('lost')"),
        (Senseless, "plug-in 'b' (before): returned NoneType"),
    ],
)
def test_a_failing_plugin_is_located_and_ends_its_request(kind: type[Tracer], failure: str) -> None:
    plugins, log = chain(Tracer, kind, Tracer)
    passage = run_before(plugins, REQUEST)
    assert passage.response == GatewayResponse(500)
    assert (passage.passed, passage.reason) == (1, Reason.PLUGIN_FAILED)
    assert passage.failure == failure
    assert log == [">a"]


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        (Raising, "plug-in 'b' (after): RecursionError()"),
        (Senseless, "plug-in 'b' (after): returned GatewayRequest"),
    ],
)
def test_a_failure_on_the_way_out_is_seen_by_those_before_it(
    kind: type[Tracer], failure: str
) -> None:
    plugins, log = chain(Tracer, kind, Tracer)
    response, said = run_after(plugins, REQUEST, GatewayResponse(200))
    assert (response.status, said) == (500, failure)
    assert response.headers.value("seen") == "a", "what c wrote is gone with its response"
    assert log == ["<c", "<a"]


def test_the_failure_that_came_first_is_the_one_told() -> None:
    plugins, _ = chain(Raising, Raising)
    assert run_after(plugins, REQUEST, GatewayResponse(200))[1].startswith("plug-in 'b'")


def test_every_passing_is_counted_once() -> None:
    plugins, _ = chain(Tracer, Answering, Raising)
    for _ in range(3):
        run_before(plugins, REQUEST)
    run_after(plugins, REQUEST, GatewayResponse(200))
    assert [plugin.counts() for plugin in plugins] == [
        PluginCounts("a", passed=3, answered=0, returned=1, failed=0),
        PluginCounts("b", passed=0, answered=3, returned=1, failed=0),
        PluginCounts("c", passed=0, answered=0, returned=0, failed=1),
    ]
