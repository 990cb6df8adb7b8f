"""Editing headers. Kubernetes Gateway API ``HTTPHeaderFilter``."""

from models.traffic.gateway.headers import Headers
from models.traffic.gateway.message import GatewayRequest, GatewayResponse
from models.traffic.gateway.plugins.header_edit import Edit, HeaderEdit

EDIT = Edit(setting=(("a", "1"),), adding=(("b", "2"),), removing=("c",))
BEFORE = Headers((("A", "0"), ("b", "0"), ("C", "0")))
AFTER = Headers((("b", "0"), ("a", "1"), ("b", "2")))


def test_requests_are_edited_on_the_way_in_and_only_they() -> None:
    plugin = HeaderEdit(request=EDIT)
    assert plugin.before(GatewayRequest("GET", "h", "/", BEFORE)) == GatewayRequest(
        "GET", "h", "/", AFTER
    )
    response = GatewayResponse(200, BEFORE)
    assert plugin.after(GatewayRequest("GET", "h", "/"), response) == response


def test_responses_are_edited_on_the_way_out_and_only_they() -> None:
    plugin = HeaderEdit(response=EDIT)
    request = GatewayRequest("GET", "h", "/", BEFORE)
    assert plugin.before(request) == request
    assert plugin.after(request, GatewayResponse(200, BEFORE)) == GatewayResponse(200, AFTER)


def test_what_is_set_and_removed_at_once_is_gone() -> None:
    edit = Edit(setting=(("x", "1"),), adding=(("x", "2"),), removing=("X",))
    assert edit.apply(Headers()).fields == ()
