"""The gateway: one word on every request, and a way back for every response.

The order of its questions: is it a request at all, the gateway's plug-ins, which route takes it,
the limit on its address, the route's plug-ins, who sent it, may they, the limits on the client
and the route. Plug-ins come before the credential because a browser's preflight carries none; a
preflight is routed by the method that it asks about.
"""

from collections import Counter
from dataclasses import dataclass, replace

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, TimeNs
from models.traffic.gateway.api_key import ApiKeyCheck
from models.traffic.gateway.config import GatewayConfig, Route
from models.traffic.gateway.decision import STATUS_OF, Decision, Principal, Reason, Refusal
from models.traffic.gateway.headers import NO_HEADERS, Headers
from models.traffic.gateway.limits import LimiterFactory, RouteLimiter, make_token_bucket
from models.traffic.gateway.message import GatewayRequest, GatewayResponse
from models.traffic.gateway.plugin import (
    CountedPlugin,
    Passage,
    PluginCounts,
    run_after,
    run_before,
)
from models.traffic.gateway.plugins.cors import is_preflight
from models.traffic.gateway.route_table import NO_ROUTE, RouteTable
from models.traffic.gateway.signed_token import TokenCheck, TokenConfig
from models.traffic.gateway.target import Target, read_target


@dataclass(frozen=True, slots=True)
class RouteCounts:
    """Requests of one route by how they ended; ``route`` None: those that found no route."""

    route: str | None
    reasons: tuple[tuple[Reason, int], ...]


@dataclass(frozen=True, slots=True)
class GatewaySnapshot:
    """Counters since the start. ``requests`` is the sum over all routes and reasons.

    ``responses`` counts those handed to ``Gateway.answer``. Plug-ins stand in the order of the
    chain: the gateway's, then each route's.
    """

    requests: int
    responses: int
    routes: tuple[RouteCounts, ...]
    plugins: tuple[PluginCounts, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """A response as the client gets it, and which plug-in failed on the way, if one did."""

    response: GatewayResponse
    failure: str = ""


class _Room:
    """A route with everything that it asks for, ready to be asked."""

    __slots__ = ("authentication", "limiter", "plugins", "reasons", "route")

    def __init__(self, route: Route, chain: list[CountedPlugin], make: LimiterFactory) -> None:
        if route.scopes and route.authentication is None:
            raise ConfigError("scopes are asked of a client that nobody authenticates")
        self.route = route
        self.plugins = [*chain, *(CountedPlugin(plugin) for plugin in route.plugins)]
        self.limiter = RouteLimiter(route.limits, make)
        self.reasons: Counter[Reason] = Counter()
        self.authentication: ApiKeyCheck | TokenCheck | None = None
        if isinstance(route.authentication, TokenConfig):
            self.authentication = TokenCheck(route.authentication)
        elif route.authentication is not None:
            self.authentication = ApiKeyCheck(route.authentication)

    @property
    def challenge(self) -> str:
        """The scheme by which a client may prove who it is."""
        return "Bearer" if isinstance(self.authentication, TokenCheck) else "ApiKey"

    def lead_in(self, passage: Passage) -> Passage:
        """Lead a request that has passed the gateway's plug-ins through the route's own."""
        own = run_before(self.plugins[passage.passed :], passage.request)
        return replace(own, passed=own.passed + passage.passed)

    def identify(self, request: GatewayRequest, *, wall: TimeNs) -> Principal | Refusal | None:
        """Who sent the request and whether they may; None if the route does not ask."""
        check = self.authentication
        if check is None:
            return None
        if isinstance(check, TokenCheck):
            answer = check.authenticate(request.headers, wall=wall)
        else:
            answer = check.authenticate(request.headers)
        if isinstance(answer, Principal) and not self.route.scopes <= answer.scopes:
            missing = ", ".join(sorted(self.route.scopes - answer.scopes))
            return Refusal(Reason.MISSING_SCOPE, f"'{answer.client}' has no scope: {missing}")
        return answer


class Gateway:
    """Decides about requests, and leads responses back.

    ``decide`` never raises for what a client sends. ``now`` is nanoseconds on the gateway's
    monotonic clock, for limits; ``wall`` nanoseconds since 1970 on its wall clock, for tokens.
    Every request is counted exactly once, however early it ends.

    Raises:
        ConfigError: two routes of one name, or what a part of a route refuses; the message
            names the route.
    """

    __slots__ = ("_by_name", "_chain", "_responses", "_rooms", "_table", "_unrouted")

    def __init__(
        self, config: GatewayConfig, make_limiter: LimiterFactory = make_token_bucket
    ) -> None:
        self._chain = [CountedPlugin(plugin) for plugin in config.plugins]
        self._table = RouteTable([route.match for route in config.routes])
        names = [route.name for route in config.routes]
        for route in config.routes:
            if names.count(route.name) > 1:
                raise ConfigError(f"route '{route.name}': there are two of that name")
        self._rooms = [_make_room(route, self._chain, make_limiter) for route in config.routes]
        self._by_name = dict(zip(names, self._rooms, strict=True))
        self._unrouted: Counter[Reason] = Counter()
        self._responses = 0

    def decide(self, request: GatewayRequest, *, now: TimeNs, wall: TimeNs) -> Decision:
        """Forward a request or answer it."""
        target = read_target(request)
        if isinstance(target, str):
            return self._refuse(None, Passage(request, 0), Refusal(Reason.MALFORMED, target))
        passage = run_before(self._chain, target.forwarded(request))
        if passage.response is not None:
            return self._end(None, passage, passage.response)
        target = read_target(passage.request)
        if isinstance(target, str):
            return self._refuse(None, passage, Refusal(Reason.MALFORMED, target))
        room = self._room_for(target, passage.request)
        if room is None:
            refusal = Refusal(Reason.NO_ROUTE, "no route takes this request")
            return self._refuse(None, passage, refusal)
        passage = replace(passage, request=target.forwarded(passage.request))
        return self._decide_in(room, passage, now=now, wall=wall)

    def answer(self, decision: Decision, response: GatewayResponse) -> Returned:
        """Lead a service's response to a forwarded request back through the plug-ins.

        Raises:
            ConfigError: the decision was not to forward.
        """
        room = self._by_name.get(decision.route or "")
        if decision.forward is None or room is None:
            raise ConfigError("only a request that was forwarded has a response to lead back")
        self._responses += 1
        return Returned(*run_after(room.plugins, decision.forward, response))

    def snapshot(self) -> GatewaySnapshot:
        """All counters. Changes nothing."""
        routes = [RouteCounts(room.route.name, _sorted(room.reasons)) for room in self._rooms]
        routes.append(RouteCounts(None, _sorted(self._unrouted)))
        own = [plugin for room in self._rooms for plugin in room.plugins[len(self._chain) :]]
        return GatewaySnapshot(
            requests=sum(count for route in routes for _, count in route.reasons),
            responses=self._responses,
            routes=tuple(routes),
            plugins=tuple(plugin.counts() for plugin in (*self._chain, *own)),
        )

    def _room_for(self, target: Target, request: GatewayRequest) -> _Room | None:
        method = request.method
        if is_preflight(method, request.headers):
            method = request.headers.value("access-control-request-method") or method
        index = self._table.find(target, method, request.headers)
        return None if index == NO_ROUTE else self._rooms[index]

    def _decide_in(self, room: _Room, passage: Passage, *, now: TimeNs, wall: TimeNs) -> Decision:
        refusal = room.limiter.admit_address(passage.request.client, now=now)
        if refusal is not None:
            return self._refuse(room, passage, refusal)
        passage = room.lead_in(passage)
        if passage.response is not None:
            return self._end(room, passage, passage.response)
        principal = room.identify(passage.request, wall=wall)
        if isinstance(principal, Refusal):
            return self._refuse(room, passage, principal)
        client = passage.request.client if principal is None else principal.client
        refusal = room.limiter.admit_client(client, now=now)
        if refusal is not None:
            return self._refuse(room, passage, refusal)
        room.reasons[Reason.FORWARDED] += 1
        return Decision(
            reason=Reason.FORWARDED,
            status=None,
            route=room.route.name,
            service=room.route.service,
            principal=principal,
            forward=passage.request,
        )

    def _refuse(self, room: _Room | None, passage: Passage, refusal: Refusal) -> Decision:
        challenge = "" if room is None or room.authentication is None else room.challenge
        headers = _headers_for(refusal, challenge)
        response = GatewayResponse(STATUS_OF[refusal.reason], headers)
        return self._end(room, passage, response, refusal)

    def _end(
        self,
        room: _Room | None,
        passage: Passage,
        response: GatewayResponse,
        refusal: Refusal | None = None,
    ) -> Decision:
        plugins = self._chain if room is None else room.plugins
        reason = passage.reason if refusal is None else refusal.reason
        detail = passage.failure if refusal is None else refusal.detail
        response, failure = run_after(plugins[: passage.passed], passage.request, response)
        if failure:
            reason, detail = Reason.PLUGIN_FAILED, failure
        reasons = self._unrouted if room is None else room.reasons
        reasons[reason] += 1
        route = None if room is None else room.route.name
        return Decision(reason, response.status, route, detail, response=response)


def _make_room(route: Route, chain: list[CountedPlugin], make: LimiterFactory) -> _Room:
    try:
        return _Room(route, chain, make)
    except ConfigError as error:
        raise ConfigError(f"route '{route.name}': {error}") from error


def _headers_for(refusal: Refusal, challenge: str) -> Headers:
    """What a client needs to know to do better (RFC 9110, 10.2.3 and 11.6.1)."""
    headers = NO_HEADERS
    if STATUS_OF[refusal.reason] == 401:
        headers = headers.adding("www-authenticate", challenge)
    if refusal.wait_ns is not None:
        headers = headers.adding("retry-after", str(-(-refusal.wait_ns // NS_PER_S)))
    return headers


def _sorted(reasons: Counter[Reason]) -> tuple[tuple[Reason, int], ...]:
    return tuple((reason, reasons[reason]) for reason in Reason if reasons[reason])
