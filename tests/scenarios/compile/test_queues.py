"""Message queues as written, and what they become."""

from models.base.time import NS_PER_MS, NS_PER_S
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from models.storage.message_queue import MessageQueueConfig
from scenarios.expectations.spec import TargetKind
from sim.blueprint import QueueSpec
from tests.scenarios.edited import LAST_LINE, load_edited

SHORT = "{from: frontend.GET /product, to: catalog.GET /item}"


def loaded(directory, text, *edits):
    return load_edited(directory, ("edges:\n", f"queues:\n  orders: {text}\nedges:\n"), *edits)


def test_what_is_left_out_has_its_default(tmp_path):
    (queue,) = loaded(tmp_path, SHORT).blueprint.queues
    assert queue == QueueSpec("orders", "frontend", "GET /product", 10, MessageQueueConfig())


def test_what_is_written_reaches_the_queue(tmp_path):
    text = SHORT.replace(
        "}",
        ", consumers: 3, visibility: 20s, redelivery_delay: 250ms, max_receives: 7,"
        " retention: 1h, capacity: 50}",
    )
    (queue,) = loaded(tmp_path, text).blueprint.queues
    assert queue.consumers == 3
    assert queue.config == MessageQueueConfig(
        visibility_ns=20 * NS_PER_S,
        delay_ns=250 * NS_PER_MS,
        receives_max=7,
        retention_ns=3600 * NS_PER_S,
        capacity=50,
    )


def test_deliveries_come_from_a_source_where_the_broker_is(tmp_path):
    sources = loaded(tmp_path, SHORT).blueprint.sources
    assert sources[1:] == (
        SourceSpec(
            "orders", "catalog", (MixEntry("GET /item", 1.0),), RateProfile((0,), (0.0,)), "a"
        ),
    )


def edge_of(scenario):
    (found,) = [edge for edge in scenario.blueprint.edges if edge.caller == "orders"]
    return found


def test_deliveries_have_no_timeout_unless_one_is_written(tmp_path):
    assert edge_of(loaded(tmp_path, SHORT)).timeout_ns == 0
    written = ("edges:\n", "edges:\n  orders -> catalog: {timeout: 9s}\n")
    assert edge_of(loaded(tmp_path, SHORT, written)).timeout_ns == 9 * NS_PER_S


def test_an_expectation_may_be_about_deliveries(tmp_path):
    more = (LAST_LINE, LAST_LINE + "  - {error_ratio: orders, below: 1%}\n")
    expectation = loaded(tmp_path, SHORT, more).expectations[-1]
    assert (expectation.of.kind, expectation.of.name) == (TargetKind.SOURCE, "orders")
