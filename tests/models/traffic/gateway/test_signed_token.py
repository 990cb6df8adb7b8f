"""Signed tokens. RFC 7519 (claims), RFC 7515 (signature), RFC 8725 (what goes wrong)."""

import hmac
import json
import subprocess
import sys
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.traffic.gateway.decision import Principal, Reason, Refusal
from models.traffic.gateway.headers import NO_HEADERS, Headers
from models.traffic.gateway.signed_token import (
    TOKEN_LENGTH_MAX,
    TokenCheck,
    TokenConfig,
    TokenSecret,
    sign_token,
)
from tests.architecture.tree import ROOT

OLD = TokenSecret("old", b"o" * 32)
NEW = TokenSecret("new", b"n" * 32)
EXP_S = 1_700_000_000
EXP = EXP_S * NS_PER_S
CLAIMS: dict[str, object] = {"sub": "ann", "exp": EXP_S, "aud": "shop", "scope": "read write"}
CONFIG = TokenConfig((OLD, NEW), audience="shop")
ANN = Principal("ann", frozenset({"read", "write"}))


def check(token: str, *, wall: int = EXP - 1, config: TokenConfig = CONFIG) -> Principal | Refusal:
    headers = Headers((("Authorization", f"Bearer {token}"),))
    return TokenCheck(config).authenticate(headers, wall=wall)


def reason(token: str, *, wall: int = EXP - 1, config: TokenConfig = CONFIG) -> Reason | None:
    answer = check(token, wall=wall, config=config)
    return answer.reason if isinstance(answer, Refusal) else None


def signed(secret: TokenSecret = NEW, **changes: object) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    return sign_token(claims, secret)


def segment(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header: bytes, payload: bytes, secret: bytes = NEW.secret) -> str:
    """Sign with plain HMAC, so that odd headers and payloads carry a good signature."""
    text = f"{segment(header)}.{segment(payload)}"
    return f"{text}.{segment(hmac.new(secret, text.encode(), sha256).digest())}"


PLAIN = b'{"alg":"HS256","typ":"JWT"}'


def test_the_first_example_of_rfc_7515_is_verified() -> None:
    key = bytes.fromhex(
        "0323354b2b0fa5bc837e0665777ba68f5ab328e6f054c928a90f84b2d2502ebf"
        "d3fb5a92d20647ef968ab4c377623d223d2e2172052e4f08c0cd9af567d080a3"
    )
    token = (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )
    config = TokenConfig((TokenSecret("", key),), issuer="joe")
    answer = check(token, wall=0, config=config)
    assert isinstance(answer, Refusal)
    assert answer.detail == "'sub' or 'scope' is not text"


def test_either_secret_is_good_by_name_and_without_a_name() -> None:
    assert check(signed(OLD)) == check(signed(NEW)) == ANN
    payload = json.dumps(CLAIMS).encode()
    assert check(by_hand(PLAIN, payload, OLD.secret)) == ANN
    assert check(by_hand(PLAIN, payload, NEW.secret)) == ANN


def test_a_named_secret_is_the_only_one_that_is_tried() -> None:
    misnamed = by_hand(b'{"alg":"HS256","kid":"old"}', json.dumps(CLAIMS).encode())
    assert reason(misnamed) is Reason.BAD_SIGNATURE
    unknown = by_hand(b'{"alg":"HS256","kid":"none"}', json.dumps(CLAIMS).encode())
    assert reason(unknown) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    "alg", [b'"none"', b'"None"', b'"HS512"', b'"RS256"', b'""', b"null", b"[]"]
)
def test_the_token_does_not_choose_its_algorithm(alg: bytes) -> None:
    header = b'{"alg":' + alg + b"}"
    payload = json.dumps(CLAIMS).encode()
    assert reason(by_hand(header, payload)) is Reason.BAD_TOKEN
    unsigned = f"{segment(header)}.{segment(payload)}."
    assert reason(unsigned) in (Reason.BAD_TOKEN, Reason.BAD_SIGNATURE)


def test_a_changed_claim_breaks_the_signature() -> None:
    header, _, signature = signed().split(".")
    forged = json.dumps(CLAIMS | {"sub": "root"}).encode()
    assert reason(f"{header}.{segment(forged)}.{signature}") is Reason.BAD_SIGNATURE


def test_a_strangers_signature_is_bad() -> None:
    assert reason(signed(TokenSecret("new", b"x" * 32))) is Reason.BAD_SIGNATURE


def test_an_empty_signature_is_bad() -> None:
    head = signed().rsplit(".", 1)[0]
    assert reason(head + ".") is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("leeway_s", [0, 30])
def test_a_token_is_over_at_exactly_its_end(leeway_s: int) -> None:
    config = TokenConfig((NEW,), audience="shop", leeway_ns=leeway_s * NS_PER_S)
    end = EXP + leeway_s * NS_PER_S
    assert reason(signed(), wall=end - 1, config=config) is None
    assert reason(signed(), wall=end, config=config) is Reason.EXPIRED


@pytest.mark.parametrize("claim", ["nbf", "iat"])
@pytest.mark.parametrize("leeway_s", [0, 30])
def test_a_token_is_good_from_exactly_its_start(claim: str, leeway_s: int) -> None:
    config = TokenConfig((NEW,), audience="shop", leeway_ns=leeway_s * NS_PER_S)
    start = EXP - (100 + leeway_s) * NS_PER_S
    token = signed(**{claim: EXP_S - 100})
    assert reason(token, wall=start, config=config) is None
    assert reason(token, wall=start - 1, config=config) is Reason.NOT_YET_VALID


def test_fractions_of_a_second_count_exactly() -> None:
    token = signed(exp=1.5)
    assert reason(token, wall=1_499_999_999) is None
    assert reason(token, wall=1_500_000_000) is Reason.EXPIRED


@pytest.mark.parametrize(
    ("ours", "theirs", "is_good"),
    [
        ("shop", "shop", True),
        ("shop", ["bank", "shop"], True),
        ("shop", "bank", False),
        ("shop", [], False),
        ("shop", None, False),
        ("shop", "shop bank", False),
        (None, None, True),
        (None, [], True),
        (None, "shop", False),
        ("shop", 7, False),
        ("shop", [7], False),
    ],
)
def test_a_token_for_somebody_else_is_refused(
    ours: str | None, theirs: object, is_good: bool
) -> None:
    config = TokenConfig((NEW,), audience=ours)
    expected = None if is_good else Reason.WRONG_AUDIENCE
    assert reason(signed(aud=theirs), config=config) is expected


@pytest.mark.parametrize(("issuer", "is_good"), [("idp", True), ("idp2", False), (None, False)])
def test_a_token_of_another_issuer_is_refused(issuer: str | None, is_good: bool) -> None:
    config = TokenConfig((NEW,), audience="shop", issuer="idp")
    expected = None if is_good else Reason.WRONG_ISSUER
    assert reason(signed(iss=issuer), config=config) is expected


@pytest.mark.parametrize(
    "claims",
    [{"exp": None}, {"sub": None}, {"sub": ""}, {"sub": 7}, {"scope": 7}, {"scope": ["a", 1]},
     {"exp": "1"}, {"exp": True}, {"exp": float("nan")}, {"exp": float("inf")}, {"nbf": "x"},
     {"iat": []}, {"nbf": float("-inf")}],
)  # fmt: skip
def test_claims_of_the_wrong_kind_make_a_bad_token(claims: dict[str, object]) -> None:
    assert reason(signed(**claims)) is Reason.BAD_TOKEN


def test_an_end_beyond_all_floats_is_still_a_number() -> None:
    assert check(signed(exp=10**400)) == ANN


def test_scopes_may_be_a_list() -> None:
    assert check(signed(scope=["read", "write"])) == ANN
    assert check(signed(scope=None)) == Principal("ann")


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 5000, b'{"exp":' + b"9" * 5000 + b"}"]
)
def test_a_payload_that_is_no_object_makes_a_bad_token(payload: bytes) -> None:
    assert reason(by_hand(PLAIN, payload)) is Reason.BAD_TOKEN


@pytest.mark.parametrize(
    "header",
    [b"", b"[]", b"{", b"{}", b'{"alg":"HS256","kid":7}', b'{"alg":"HS256","kid":["new"]}',
     b'{"alg":"HS256","crit":["x"]}', b'{"alg":"HS256","b64":false,"crit":["b64"]}'],
)  # fmt: skip
def test_a_header_that_makes_no_sense_makes_a_bad_token(header: bytes) -> None:
    assert reason(by_hand(header, json.dumps(CLAIMS).encode())) is Reason.BAD_TOKEN


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.one_of(st.text(), st.text("eyJhbGciOiJ0.=-_ ", max_size=40)))
def test_no_text_makes_the_check_raise(text: str) -> None:
    assert isinstance(check(text), Refusal)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.data())
def test_no_single_change_of_a_character_is_accepted(data: st.DataObject) -> None:
    token = signed()
    position = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("AZaz09-_.=").filter(lambda c: c != token[position]))
    assert isinstance(check(token[:position] + other + token[position + 1 :]), Refusal)


def test_a_token_that_is_too_long_is_not_looked_at() -> None:
    filler = TOKEN_LENGTH_MAX - len(signed(x=""))
    fits = next(
        token for size in range(filler // 4 * 3 - 4, filler)
        if len(token := signed(x="y" * size)) >= TOKEN_LENGTH_MAX - 1
    )  # fmt: skip
    assert len(fits) <= TOKEN_LENGTH_MAX
    assert check(fits) == ANN
    assert reason(signed(x="y" * filler)) is Reason.BAD_TOKEN


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(scheme: str) -> None:
    headers = Headers((("authorization", f"{scheme} {signed()}"),))
    assert TokenCheck(CONFIG).authenticate(headers, wall=0) == ANN


@pytest.mark.parametrize(
    "headers",
    [
        NO_HEADERS,
        Headers((("authorization", "Basic eDp5"),)),
        Headers((("authorization", "Bearer"),)),
    ],
)
def test_another_scheme_is_no_credential(headers: Headers) -> None:
    answer = TokenCheck(CONFIG).authenticate(headers, wall=0)
    assert isinstance(answer, Refusal)
    assert answer.reason is Reason.NO_CREDENTIAL


@pytest.mark.parametrize(
    "config",
    [
        TokenConfig(()),
        TokenConfig((OLD, OLD)),
        TokenConfig((TokenSecret("short", b"x" * 31),)),
        TokenConfig((OLD,), leeway_ns=-1),
    ],
)
def test_a_config_that_cannot_be_is_refused(config: TokenConfig) -> None:
    with pytest.raises(ConfigError):
        TokenCheck(config)


def test_an_issuer_may_not_sign_with_a_short_secret() -> None:
    with pytest.raises(ConfigError):
        sign_token(CLAIMS, TokenSecret("short", b"x" * 31))


def test_secrets_do_not_show_in_what_is_printed() -> None:
    assert "ooo" not in repr(CONFIG)


def test_the_token_library_is_loaded_only_when_tokens_are_checked() -> None:
    script = "import sys, models.traffic.gateway.gateway; print('jwt' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
