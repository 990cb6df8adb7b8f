"""Limits on sizes. RFC 9110, 15.5.14 and RFC 6585, 5."""

import pytest

from models.base.errors import ConfigError
from models.traffic.gateway.headers import Headers
from models.traffic.gateway.message import GatewayRequest, GatewayResponse
from models.traffic.gateway.plugins.size_limit import SizeLimit

LIMIT = SizeLimit(body_bytes_max=10, header_bytes_max=4)


def test_the_limits_themselves_are_allowed() -> None:
    request = GatewayRequest("PUT", "h", "/", Headers((("ab", "cd"),)), body_bytes=10)
    assert LIMIT.before(request) is request


def test_one_octet_more_is_answered() -> None:
    assert LIMIT.before(GatewayRequest("PUT", "h", "/", body_bytes=11)) == GatewayResponse(413)
    request = GatewayRequest("PUT", "h", "/", Headers((("ab", "cde"),)))
    assert LIMIT.before(request) == GatewayResponse(431)


def test_responses_stay_as_they_are() -> None:
    response = GatewayResponse(200, body_bytes=100)
    assert LIMIT.after(GatewayRequest("GET", "h", "/"), response) is response


def test_limits_below_zero_are_refused() -> None:
    for body, header in ((-1, 0), (0, -1)):
        with pytest.raises(ConfigError):
            SizeLimit(body_bytes_max=body, header_bytes_max=header)
    assert SizeLimit(body_bytes_max=0, header_bytes_max=0).name == "size_limit"
