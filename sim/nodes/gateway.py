"""Instances that guard what they serve: an API gateway's word on every request from outside.

A guarding kind is the plain kind with its admission overridden, made when the world is built, so
that services without a gateway pay nothing. Each instance decides with a gateway of its own, as
its limits are its own. Calls that services make to one another are not asked about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from models.base.outcome import Outcome
from models.base.time import NS_PER_S, TimeNs
from models.service.traffic import Credential, HttpSpec, SourceSpec
from models.traffic.gateway.decision import STATUS_OF, Decision, Reason
from models.traffic.gateway.headers import Headers
from models.traffic.gateway.keyring import TOKEN_SECRET, key_of
from models.traffic.gateway.message import GatewayRequest
from models.traffic.gateway.signed_token import sign_token
from sim.nodes.instance import Instance

if TYPE_CHECKING:
    from models.traffic.gateway.gateway import Gateway
    from sim.nodes.attempt import Attempt

_OUTCOMES = {
    400: Outcome.BAD_REQUEST,
    401: Outcome.UNAUTHENTICATED,
    403: Outcome.FORBIDDEN,
    404: Outcome.NO_ROUTE,
    429: Outcome.LIMITED,
}


class Visitors:
    """What the requests of each load source look like at the door.

    A request comes as the client whose number is its key. Tokens are made by an issuer whose
    clock is right, and made anew when a tenth of their life is left.
    """

    def __init__(self, sources: Sequence[SourceSpec], wall_start_ns: TimeNs) -> None:
        self._specs = [source.http or HttpSpec() for source in sources]
        self._have_keys = [source.keys is not None for source in sources]
        self._wall_start_ns = wall_start_ns
        self._tokens: dict[tuple[int, int], tuple[TimeNs, str]] = {}

    def request_of(self, attempt: Attempt, now: TimeNs) -> GatewayRequest:
        """The request as it stands on the wire; ``now`` is true time since the start."""
        request = attempt.request
        source, spec = request.source, self._specs[request.source]
        number = request.key if self._have_keys[source] else 0
        method, _, path = attempt.node.endpoint.rpartition(" ")
        if spec.has_unknown_paths:
            path = f"/{request.id:x}"
        return GatewayRequest(
            method=method or "GET",
            host=spec.host,
            path=path if path.startswith("/") else f"/{path}",
            headers=Headers(self._credentials(source, number, request.id, now)),
            client=f"10.{source % 256}.{number >> 8 & 255}.{number & 255}",
            body_bytes=attempt.node.request_bytes,
        )

    def _credentials(
        self, source: int, number: int, request: int, now: TimeNs
    ) -> tuple[tuple[str, str], ...]:
        spec = self._specs[source]
        client = spec.first_client + number
        match spec.credential:
            case Credential.NONE:
                return ()
            case Credential.KEY:
                return (("x-api-key", key_of(client)),)
            case Credential.TOKEN:
                return (("authorization", f"Bearer {self._token(source, client, now)}"),)
            case Credential.GUESSED:
                guess = f"client-{client}.guess-{request}"
                return (("x-api-key", guess), ("authorization", f"Bearer {guess}"))

    def _token(self, source: int, client: int, now: TimeNs) -> str:
        spec = self._specs[source]
        renew_at, token = self._tokens.get((source, client), (0, ""))
        if now >= renew_at:
            wall_ns = self._wall_start_ns + now
            ends_s = (wall_ns + spec.token_lifetime_ns) // NS_PER_S
            claims = {
                "sub": f"client-{client}",
                "iat": wall_ns // NS_PER_S,
                "exp": ends_s,
                "scope": " ".join(sorted(spec.scopes)),
            }
            token = sign_token(claims, TOKEN_SECRET)
            ends_ns = ends_s * NS_PER_S - self._wall_start_ns
            self._tokens[source, client] = (ends_ns - spec.token_lifetime_ns // 10, token)
        return token


class Gatekeeper(Instance):
    """Asks its gateway about every request of a user before it stands in line or is served."""

    visitors: Visitors

    def stand_guard(self, make: Callable[[], Gateway], visitors: Visitors) -> None:
        """Decide by a gateway of one's own, which is made anew with every life of the process."""
        self._make_gateway = make
        self._gateway = make()
        self._decided: Counter[tuple[str | None, Reason]] = Counter()
        self.visitors = visitors

    def refresh_plainness(self) -> None:
        """No arrival takes the short way: everybody is asked."""
        self._is_plain = False

    def _admits(self, attempt: Attempt) -> bool:
        if not super()._admits(attempt):
            return False
        if attempt.parent is not None:
            return True
        now = self._kernel.now
        decision = self._gateway.decide(
            self.visitors.request_of(attempt, now),
            now=self.clock.monotonic_at(now),
            wall=self.clock.wall_at(now),
        )
        if decision.is_forwarded:
            return True
        self.refused += 1
        self._answer(attempt, outcome_of(decision))
        return False

    def _forget_work(self) -> None:
        super()._forget_work()
        self._decided = self.decisions()
        self._gateway = self._make_gateway()

    def decisions(self) -> Counter[tuple[str | None, Reason]]:
        """How often it has been decided so over all lives, by route (None: no route) and reason."""
        counts = self._decided.copy()
        for route in self._gateway.snapshot().routes:
            for reason, count in route.reasons:
                counts[route.route, reason] += count
        return counts


def outcome_of(decision: Decision) -> Outcome:
    """How a request ended that the gateway has answered itself."""
    status = decision.status or 500
    if decision.reason is Reason.PLUGIN_ANSWERED and status < 400:
        return Outcome.OK
    return _OUTCOMES.get(status, Outcome.ERROR if status >= 500 else Outcome.FORBIDDEN)


def code_of(reason: Reason) -> str:
    """The status of a refusal; empty where the service or a plug-in chooses it."""
    return str(STATUS_OF.get(reason, ""))


@cache
def gatekeeper(kind: type[Instance]) -> type[Instance]:
    """The kind, behind a gateway; its instances are still of the kind."""
    return type(f"Guarded{kind.__name__}", (Gatekeeper, kind), {"__module__": __name__})
