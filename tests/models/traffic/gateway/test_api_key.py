"""API keys."""

import pytest

from models.base.errors import ConfigError
from models.traffic.gateway import api_key
from models.traffic.gateway.api_key import (
    KEY_LENGTH_MAX,
    ApiKey,
    ApiKeyCheck,
    ApiKeyConfig,
    digest_of,
)
from models.traffic.gateway.decision import Principal, Reason, Refusal
from models.traffic.gateway.headers import NO_HEADERS, Headers

CONFIG = ApiKeyConfig(
    (
        ApiKey("web", digest_of("old"), frozenset({"read"})),
        ApiKey("web", digest_of("new"), frozenset({"read", "write"})),
        ApiKey("batch", digest_of("s.e.cret")),
    )
)


def presenting(key: str) -> Principal | Refusal:
    return ApiKeyCheck(CONFIG).authenticate(Headers((("X-Api-Key", key),)))


def test_digests_are_sha_256() -> None:
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest_of("abc") == abc


def test_each_key_of_a_client_brings_its_own_scopes() -> None:
    assert presenting("web.old") == Principal("web", frozenset({"read"}))
    assert presenting("web.new") == Principal("web", frozenset({"read", "write"}))


def test_a_secret_may_hold_dots() -> None:
    assert presenting("batch.s.e.cret") == Principal("batch")


@pytest.mark.parametrize(
    "key",
    ["", ".", "web", "web.", "web.New", "web.new ", "batch.new", "nobody.new", ".new",
     f"web.{digest_of('new')}", "web.\udcff", "web.new, web.new"],
)  # fmt: skip
def test_anything_else_is_no_key(key: str) -> None:
    answer = presenting(key)
    assert isinstance(answer, Refusal)
    assert answer.reason is Reason.UNKNOWN_KEY


def test_without_the_header_there_is_no_credential() -> None:
    answer = ApiKeyCheck(CONFIG).authenticate(NO_HEADERS)
    assert isinstance(answer, Refusal)
    assert answer.reason is Reason.NO_CREDENTIAL


def test_a_key_of_the_greatest_length_is_read_to_its_end() -> None:
    secret = "x" * (KEY_LENGTH_MAX - len("long."))
    check = ApiKeyCheck(ApiKeyConfig((ApiKey("long", digest_of(secret)),)))
    assert check.authenticate(Headers((("x-api-key", f"long.{secret}"),))) == Principal("long")
    longer = check.authenticate(Headers((("x-api-key", f"long.{secret}y"),)))
    assert isinstance(longer, Refusal)


def test_a_client_that_is_not_known_costs_a_comparison_too(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(api_key, "compare_digest", compare)
    presenting("nobody.new")
    presenting("batch.wrong")
    assert [len(one) for one, _ in compared] == [64, 64]


@pytest.mark.parametrize(
    "key", [ApiKey("", digest_of("x")), ApiKey("a.b", digest_of("x")), ApiKey("a", "x" * 64),
            ApiKey("a", "0" * 63), ApiKey("a", "A" * 64)]
)  # fmt: skip
def test_a_key_that_cannot_be_is_refused(key: ApiKey) -> None:
    with pytest.raises(ConfigError):
        ApiKeyCheck(ApiKeyConfig((key,)))
