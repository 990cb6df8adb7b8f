"""The block list."""

import pytest

from models.base.errors import ConfigError
from models.traffic.gateway.message import GatewayRequest, GatewayResponse
from models.traffic.gateway.plugins.block_list import BlockList

LISTED = BlockList(("10.1.0.0/16", "203.0.113.7", "2001:db8::/32"))


@pytest.mark.parametrize(
    ("client", "is_blocked"),
    [
        ("10.0.255.255", False),
        ("10.1.0.0", True),
        ("10.1.255.255", True),
        ("10.2.0.0", False),
        ("203.0.113.7", True),
        ("203.0.113.8", False),
        ("2001:db8:ffff::1", True),
        ("2001:db9::", False),
        ("::ffff:10.1.2.3", True),
        ("::ffff:10.2.2.3", False),
        ("", False),
        ("10.1.0.0 ", False),
        ("\ud800", False),
    ],
)
def test_clients_on_the_list_are_answered_with_403(client: str, is_blocked: bool) -> None:
    request = GatewayRequest("GET", "h", "/", client=client)
    assert LISTED.before(request) == (GatewayResponse(403) if is_blocked else request)


def test_responses_stay_as_they_are() -> None:
    response = GatewayResponse(200)
    assert LISTED.after(GatewayRequest("GET", "h", "/"), response) is response


@pytest.mark.parametrize("network", ["", "10.0.0.1/8", "10.0.0.0/33", "shop"])
def test_an_entry_that_is_no_network_is_refused(network: str) -> None:
    with pytest.raises(ConfigError, match="block_list: "):
        BlockList((network,))
