"""API keys: a client's name and a secret that only the client knows.

The gateway keeps no secret, only SHA-256 digests of secrets, which is enough for secrets that
are drawn at random and long. A key travels as ``client.secret``, so that looking it up reveals
nothing: the client's name is no secret, and the one comparison of digests takes the same time
wherever they differ, also for a client that is not known.

Source: RFC 9110, 15.5.2 (401); OWASP on storing keys of high entropy.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

from models.base.errors import ConfigError
from models.traffic.gateway.decision import Principal, Reason, Refusal
from models.traffic.gateway.headers import Headers

KEY_LENGTH_MAX = 512

_CLIENT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NOBODY = "0" * 64


def digest_of(secret: str) -> str:
    """SHA-256 of a secret in hexadecimal, which is what :class:`ApiKey` holds."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One client's key. Two keys of one client let it change from one to the other."""

    client: str
    digest: str
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ApiKeyConfig:
    """Clients are recognised by ``client.secret`` in the header ``header``."""

    keys: tuple[ApiKey, ...]
    header: str = "x-api-key"


class ApiKeyCheck:
    """Recognises the clients of one config.

    Raises:
        ConfigError: a client's name is not 1-64 of ``A-Za-z0-9_-``, or a digest is not SHA-256
            in lower-case hexadecimal.
    """

    __slots__ = ("_header", "_keys")

    def __init__(self, config: ApiKeyConfig) -> None:
        self._header = config.header
        self._keys: dict[str, list[ApiKey]] = {}
        for key in config.keys:
            if not _CLIENT.fullmatch(key.client):
                raise ConfigError(f"api key: '{key.client}' is no name of a client")
            if not _DIGEST.fullmatch(key.digest):
                raise ConfigError(f"api key of '{key.client}': the digest is not SHA-256")
            self._keys.setdefault(key.client, []).append(key)

    def authenticate(self, headers: Headers) -> Principal | Refusal:
        """Say whose key the headers carry."""
        presented = headers.value(self._header)
        if presented is None:
            return Refusal(Reason.NO_CREDENTIAL, f"no header '{self._header}'")
        client, _, secret = presented[:KEY_LENGTH_MAX].partition(".")
        digest = digest_of(secret)
        found: ApiKey | None = None
        for key in self._keys.get(client, ()):
            if compare_digest(key.digest, digest):
                found = key
        if client not in self._keys:
            compare_digest(_NOBODY, digest)
        if found is None or len(presented) > KEY_LENGTH_MAX:
            return Refusal(Reason.UNKNOWN_KEY, f"not a key in '{self._header}'")
        return Principal(found.client, found.scopes)
