"""Turns away requests from addresses and networks on a list."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from models.base.errors import ConfigError
from models.traffic.gateway.message import GatewayRequest, GatewayResponse


class BlockList:
    """Answers 403 to clients in ``networks``, written like ``203.0.113.7`` or ``10.0.0.0/8``.

    An IPv4 address that comes in the clothes of IPv6 (``::ffff:10.0.0.1``) is still that IPv4
    address. A client whose address is not one is on no list.

    Raises:
        ConfigError: an entry is neither an address nor a network.
    """

    __slots__ = ("_networks", "name")

    def __init__(self, networks: tuple[str, ...], name: str = "block_list") -> None:
        self.name = name
        self._networks: list[IPv4Network | IPv6Network] = []
        for network in networks:
            try:
                self._networks.append(ip_network(network))
            except ValueError as error:
                raise ConfigError(f"{name}: {error}") from error

    def before(self, request: GatewayRequest, /) -> GatewayRequest | GatewayResponse:
        """Pass the request on, or answer it with 403."""
        try:
            address = _unmapped(ip_address(request.client))
        except ValueError:
            return request
        if any(address in network for network in self._networks):
            return GatewayResponse(403)
        return request

    def after(self, _request: GatewayRequest, response: GatewayResponse, /) -> GatewayResponse:
        """Leave responses as they are."""
        return response


def _unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
