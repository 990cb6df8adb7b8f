"""Signed tokens: claims about a client, signed with a secret that issuer and gateway share.

The signature is judged by PyJWT, and by one algorithm only, HMAC with SHA-256: what the token
says about its own algorithm is never followed. The claims are judged here, on the wall clock
that is handed in; PyJWT would look at a clock of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.traffic.gateway.decision import Principal, Reason, Refusal
from models.traffic.gateway.headers import Headers

if TYPE_CHECKING:
    from jwt import PyJWS

ALGORITHM = "HS256"
SECRET_BYTES_MIN = 32
"""A key of HS256 must be as long as its hash (RFC 7518, 3.2)."""
TOKEN_LENGTH_MAX = 8192

_SCHEME = "bearer "

Claims: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TokenSecret:
    """A secret and the name (``kid``) under which tokens refer to it."""

    name: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenConfig:
    """What a token must be like.

    Several secrets let an issuer change from one to the next. ``audience`` is what this gateway
    answers to; None means nothing, so that any token with an audience is somebody else's.
    ``issuer`` None accepts any. ``leeway_ns`` forgives clocks that far apart, at both ends.
    """

    secrets: tuple[TokenSecret, ...]
    audience: str | None = None
    issuer: str | None = None
    leeway_ns: DurationNs = 0


class TokenCheck:
    """Recognises clients by ``Authorization: Bearer <token>``.

    A token must have a subject (``sub``) and an end (``exp``); it is refused from the very
    instant of its end on, and until just before its start (``nbf``) or issue (``iat``), each
    moved by the leeway. ``scope`` is a list of words, or words with spaces between. A token
    without ``kid`` may be signed with any of the secrets; one with a ``kid`` only with that one.

    Source: RFC 7519 4.1, RFC 7515, RFC 8725 (best practice), RFC 6750 (bearer), RFC 8693 4.2
    (``scope``). Stricter than RFC 7519 in that it asks for ``sub`` and ``exp``.

    Raises:
        ConfigError: no secret, one shorter than 32 bytes, a name twice, or a negative leeway.
    """

    __slots__ = ("_config", "_jws", "_secrets")

    def __init__(self, config: TokenConfig) -> None:
        _check(config)
        self._config = config
        self._secrets = {entry.name: entry.secret for entry in config.secrets}
        self._jws = _make_jws()

    def authenticate(self, headers: Headers, *, wall: TimeNs) -> Principal | Refusal:
        """Say whose token the headers carry; ``wall`` is nanoseconds since 1970, UTC."""
        presented = headers.value("authorization")
        if presented is None or presented[: len(_SCHEME)].lower() != _SCHEME:
            return Refusal(Reason.NO_CREDENTIAL, "no bearer token in 'authorization'")
        token = presented[len(_SCHEME) :].strip(" ")
        if not token.isascii() or len(token) > TOKEN_LENGTH_MAX:
            return Refusal(Reason.BAD_TOKEN, "not a token")
        claims = self._verified(token)
        if isinstance(claims, Refusal):
            return claims
        return self._judge(claims, wall)

    def _verified(self, token: str) -> Claims | Refusal:
        from jwt import InvalidSignatureError, InvalidTokenError

        try:
            header = self._jws.get_unverified_header(token)
        except InvalidTokenError as error:
            return Refusal(Reason.BAD_TOKEN, str(error))
        name = header.get("kid")
        secrets = self._secrets.values() if name is None else (self._secrets.get(name),)
        for secret in secrets:
            if secret is None:
                return Refusal(Reason.BAD_SIGNATURE, "signed with a key that is not known here")
            try:
                return _claims_of(self._jws.decode(token, secret, algorithms=[ALGORITHM]))
            except InvalidSignatureError:
                continue
            except InvalidTokenError as error:
                return Refusal(Reason.BAD_TOKEN, str(error))
        return Refusal(Reason.BAD_SIGNATURE, "the signature is not ours")

    def _judge(self, claims: Claims, wall: TimeNs) -> Principal | Refusal:
        leeway_ns = self._config.leeway_ns
        subject, scopes = claims.get("sub"), _words(claims.get("scope", ""))
        ends_at, starts_at = _instant(claims.get("exp")), _instant(claims.get("nbf", 0))
        issued_at = _instant(claims.get("iat", 0))
        if not isinstance(subject, str) or not subject or scopes is None:
            return Refusal(Reason.BAD_TOKEN, "'sub' or 'scope' is not text")
        if ends_at is None or starts_at is None or issued_at is None:
            return Refusal(Reason.BAD_TOKEN, "'exp' is missing or an instant is not a number")
        if wall >= ends_at + leeway_ns:
            return Refusal(Reason.EXPIRED, "the token's time is over")
        if wall < max(starts_at, issued_at) - leeway_ns:
            return Refusal(Reason.NOT_YET_VALID, "the token's time has not come")
        return self._judge_parties(claims) or Principal(subject, scopes)

    def _judge_parties(self, claims: Claims) -> Refusal | None:
        audiences = _words(claims.get("aud", []), splits=False)
        ours = self._config.audience
        if audiences is None or (ours not in audiences if ours is not None else audiences):
            return Refusal(Reason.WRONG_AUDIENCE, "the token is meant for somebody else")
        if self._config.issuer not in (None, claims.get("iss")):
            return Refusal(Reason.WRONG_ISSUER, "the token is from somebody else")
        return None


def sign_token(claims: Claims, secret: TokenSecret) -> str:
    """Make a token of these claims, as an issuer of ours would.

    Raises:
        ConfigError: the secret is shorter than 32 bytes.
    """
    _check_secret(secret)
    payload = json.dumps(dict(claims), separators=(",", ":"), sort_keys=True).encode()
    return _make_jws().encode(payload, secret.secret, ALGORITHM, headers={"kid": secret.name})


def _make_jws() -> "PyJWS":
    from jwt import PyJWS

    return PyJWS(algorithms=[ALGORITHM])


def _claims_of(payload: bytes) -> Claims | Refusal:
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError):
        return Refusal(Reason.BAD_TOKEN, "the claims are not JSON")
    if not isinstance(claims, dict):
        return Refusal(Reason.BAD_TOKEN, "the claims are not an object")
    return claims


def _instant(claim: object) -> Fraction | None:
    """Nanoseconds since 1970 of a NumericDate, exactly; None if it is not a finite number."""
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        return None
    if isinstance(claim, float) and not isfinite(claim):
        return None
    return Fraction(claim) * NS_PER_S


def _words(claim: object, *, splits: bool = True) -> frozenset[str] | None:
    """A claim that is one text or a list of texts; None if it is neither."""
    if isinstance(claim, str):
        return frozenset(claim.split() if splits else [claim])
    if isinstance(claim, list) and all(isinstance(word, str) for word in claim):
        return frozenset(claim)
    return None


def _check(config: TokenConfig) -> None:
    names = [entry.name for entry in config.secrets]
    if not names or len(set(names)) != len(names):
        raise ConfigError("token: there must be secrets, each under a name of its own")
    if config.leeway_ns < 0:
        raise ConfigError("token: leeway_ns must not be negative")
    for entry in config.secrets:
        _check_secret(entry)


def _check_secret(entry: TokenSecret) -> None:
    if len(entry.secret) < SECRET_BYTES_MIN:
        raise ConfigError(f"token: secret '{entry.name}' is shorter than {SECRET_BYTES_MIN} bytes")
