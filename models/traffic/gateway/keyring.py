"""Credentials for rehearsals: keys and a secret that follow from a client's number.

They guard nothing but simulated services, so they may be known to everybody who reads this.
"""

from hashlib import sha256

from models.traffic.gateway.api_key import ApiKey, ApiKeyConfig, digest_of
from models.traffic.gateway.signed_token import TokenSecret

TOKEN_SECRET = TokenSecret("rehearsal", sha256(b"a secret for rehearsals").digest())


def key_of(client: int) -> str:
    """The API key that the client of that number holds."""
    return f"client-{client}.{_secret_of(client)}"


def keys_of(clients: int, scopes: frozenset[str] = frozenset()) -> ApiKeyConfig:
    """A gateway's knowledge of the keys of clients 0 to ``clients`` - 1."""
    return ApiKeyConfig(
        tuple(
            ApiKey(f"client-{client}", digest_of(_secret_of(client)), scopes)
            for client in range(clients)
        )
    )


def _secret_of(client: int) -> str:
    return f"secret-of-{client}"
