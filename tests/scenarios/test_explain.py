"""The story of one request: attempts, decisions, waits and faults, in order."""

from pathlib import Path

import pytest

from models.base.errors import SpecError
from models.base.outcome import TRY_BITS, Decision, Outcome, RequestOutcome
from models.records.record import RunRecord
from models.records.schema import NO_INDEX
from scenarios.explain import explain_request, failed_requests
from scenarios.load import load
from scenarios.runs.execute import execute
from tests.reports.small_run import (
    CART_0,
    MS,
    SHOP,
    WARM_UP_END,
    WEB_0,
    WEB_1,
    S,
    attempt,
    fault,
    request,
    small_run,
)
from tests.scenarios.shell import foreshock

T0 = WARM_UP_END + 65 * S + 250 * MS


def tried(number: int, decision: Decision) -> int:
    return number | decision << TRY_BITS


STORY = small_run(
    requests=[
        request(4, T0 - S),
        request(
            5, T0, RequestOutcome.TIMED_OUT, duration_ns=700 * MS, last=Outcome.TIMEOUT, tries=2
        ),
    ],
    attempts=[
        attempt(
            10,
            T0,
            request=5,
            duration_ns=120 * MS,
            outcome=Outcome.ERROR,
            try_decision=tried(1, Decision.RETRIED),
        ),
        attempt(
            11,
            T0 + 20 * MS,
            request=5,
            parent=10,
            node=1,
            caller=WEB_0,
            target=CART_0,
            duration_ns=50 * MS,
            outcome=Outcome.TIMEOUT,
            try_decision=tried(1, Decision.RETRIED),
            wait_us=30_500,
        ),
        attempt(
            12,
            T0 + 95 * MS,
            request=5,
            parent=10,
            node=1,
            caller=WEB_0,
            target=NO_INDEX,
            duration_ns=0,
            outcome=Outcome.BREAKER_OPEN,
            try_decision=tried(2, Decision.BUDGET_DENIED),
        ),
        attempt(
            13,
            T0 + 200 * MS,
            request=5,
            target=WEB_1,
            duration_ns=500 * MS,
            outcome=Outcome.TIMEOUT,
            try_decision=tried(2, Decision.EXHAUSTED),
        ),
        attempt(14, T0, request=4, caller=SHOP),
    ],
    events=fault(T0 - 5 * S, T0 + 60 * S),
)
TOLD = """\
request 5: shop -> web.GET /, sent at measure +1m5s 250 ms: timed out after 700.000 ms
  +     0.000 ms  shop -> web-0 GET / (try 1): answered with an error after 120.000 ms; \
retried after a pause of 80.000 ms
  +    20.000 ms    web-0 -> cart-0 GET /cart (try 1): timed out after 50.000 ms, \
30.500 ms of it queued; retried after a pause of 25.000 ms
  +    95.000 ms    web-0 -> nobody GET /cart (try 2): not sent: breaker open; \
the retry budget is spent
  +   200.000 ms  shop -> web-1 GET / (try 2): timed out after 500.000 ms; no tries left
  meanwhile: cut, since measure +1m 250 ms"""


def test_the_story_tells_tries_pauses_refusals_waits_and_faults_in_order() -> None:
    assert explain_request(STORY, 5) == TOLD


def one_attempt(outcome: Outcome, decision: Decision = Decision.NONE) -> str:
    """The line of a single attempt that ended so."""
    record = small_run(
        requests=[request(0, T0)],
        attempts=[attempt(0, T0, outcome=outcome, try_decision=tried(1, decision))],
    )
    return explain_request(record, 0).splitlines()[1]


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_end_of_an_attempt_has_words(outcome: Outcome) -> None:
    words = one_attempt(outcome).partition("(try 1): ")[2]
    assert words.endswith(" after 10.000 ms")
    assert len(words) > len("ok after 10.000 m")


def test_all_ends_and_all_decisions_are_told_apart() -> None:
    assert len({one_attempt(outcome) for outcome in Outcome}) == len(Outcome)
    lines = {one_attempt(Outcome.ERROR, decision) for decision in Decision}
    assert len(lines) == len(Decision)


def test_a_retry_that_the_end_of_the_run_overtook_has_no_pause_yet() -> None:
    assert one_attempt(Outcome.ERROR, Decision.RETRIED).endswith("; to be retried")


@pytest.mark.parametrize(
    ("starts_ns", "ends_ns", "is_told"),
    [
        (T0 - 2 * S, T0 - S, False),
        (T0 - S, T0, False),
        (T0 - S, T0 + 1, True),
        (T0 + 10 * MS, T0 + S, True),
        (T0 + 10 * MS + 1, T0 + S, False),
        (T0 - S, None, True),
    ],
)
def test_a_fault_is_told_if_it_was_on_while_the_request_was_under_way(
    starts_ns: int, ends_ns: int | None, is_told: bool
) -> None:
    record = small_run(requests=[request(0, T0)], events=fault(starts_ns, ends_ns))
    assert ("meanwhile: cut" in explain_request(record, 0)) is is_told


def test_instants_of_the_warm_up_count_down_to_measure() -> None:
    record = small_run(requests=[request(0, WARM_UP_END - 1500 * MS)])
    assert "sent at measure -1s 500 ms" in explain_request(record, 0)


def test_a_request_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(SpecError, match=r"no request 2; the run has 0 to 1"):
        explain_request(STORY, 2)
    with pytest.raises(SpecError, match="the run has none"):
        explain_request(small_run(), 0)


def test_failed_requests_are_listed_in_order_of_arrival_up_to_a_limit() -> None:
    outcomes = {3: 3, 1: 1, 0: 0, 5: 4, 2: 0, 4: 2}
    rows = [request(number, T0 + number, outcome) for number, outcome in outcomes.items()]
    assert failed_requests(small_run(requests=rows), 2) == [1, 3]
    assert failed_requests(small_run(requests=rows), 9) == [1, 3, 4, 5]


# A shop whose one storeroom answers one at a time, in 60 ms; users come every now and then.
SHOP_AND_STORE = """\
version: 1
scenario: storeroom
seed: 3
time: {measure: 20s}
topology:
  zones: [a]
  links: {same_zone: {latency: 1ms}, external: {latency: 5ms}}
services:
  shop:
    instances: {count: 1}
    slots: 50
    queue: {limit: 50}
    endpoints: {GET /: {work: 10ms, calls: [store.GET /item]}}
  store:
    instances: {count: 1}
    slots: 1
    queue: {limit: 50}
    endpoints: {GET /item: {work: 60ms}}
edges:
  users -> shop: {timeout: 1s}
  shop -> store:
    timeout: 100ms
    retry: {retries: 1, backoff: {base: 20ms, cap: 20ms, jitter: none}}
    breaker: {window: 10, minimum_calls: 10, failure_ratio: 60%, open: 500ms}
traffic:
  users: {to: shop, mix: {GET /: 100%}, arrivals: {rate: 30/s}}
"""


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    path = tmp_path_factory.mktemp("busy") / "storeroom.yaml"
    path.write_text(SHOP_AND_STORE)
    return execute(load(path))


def stories(record: RunRecord) -> list[str]:
    return [explain_request(record, number) for number in failed_requests(record, 1000)]


def test_an_overloaded_world_tells_of_retries_timeouts_and_breaker_refusals(
    busy: RunRecord,
) -> None:
    told = "\n".join(stories(busy))
    assert "shop-0 -> store-0 GET /item (try 1): timed out after 100.000 ms" in told
    assert "; retried after a pause of 20.000 ms" in told
    assert "(try 2): timed out after 100.000 ms" in told
    assert "shop-0 -> nobody GET /item (try 1): not sent: breaker open" in told
    assert "; no tries left" in told


def test_the_wait_of_work_that_was_begun_before_its_caller_gave_up_is_told(
    busy: RunRecord,
) -> None:
    told = [line for story in stories(busy) for line in story.splitlines()]
    waits = [line for line in told if "timed out after 100.000 ms" in line and "queued" in line]
    assert waits


def test_the_wait_of_work_that_was_never_begun_is_told(busy: RunRecord) -> None:
    """A time-out of 100 ms with one-way trips of 1 ms and 60 ms of work means there was a wait."""
    told = [line for story in stories(busy) for line in story.splitlines()]
    timed_out = [line for line in told if "timed out after 100.000 ms" in line]
    assert timed_out
    assert all("queued" in line for line in timed_out)


def test_attempts_of_every_story_add_up_to_the_record(busy: RunRecord) -> None:
    lines = sum(
        explain_request(busy, number).count("(try ") for number in busy.requests["id"].tolist()
    )
    assert lines == len(busy.attempts)


def test_the_command_lists_failures_and_tells_one(tmp_path: Path) -> None:
    (tmp_path / "storeroom.yaml").write_text(SHOP_AND_STORE)
    foreshock("run", "storeroom.yaml", "--no-report", "--quiet", cwd=tmp_path)
    (run_dir,) = (tmp_path / "runs").iterdir()
    listed = foreshock("explain", run_dir, cwd=tmp_path)
    number = listed.stdout.splitlines()[1].split()[0]
    told = foreshock("explain", run_dir, "--request", number, cwd=tmp_path)
    assert (listed.returncode, told.returncode) == (0, 0)
    assert told.stdout.startswith(f"request {number}: users -> shop.GET /")
    assert foreshock("explain", run_dir, "--request", "9999999", cwd=tmp_path).returncode == 2
