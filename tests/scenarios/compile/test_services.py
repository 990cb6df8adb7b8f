from models.base.distributions import Deterministic
from models.base.time import NS_PER_MS, NS_PER_S
from models.service.spec import CallSpec, Cancel
from tests.scenarios.edited import load_edited, messages


def service(directory, name, *edits):
    services = load_edited(directory, *edits).blueprint.services
    return next(service for service in services if service.name == name)


def test_instances_go_round_the_zones(tmp_path):
    frontend = service(tmp_path, "frontend", ("{count: 3, machine", "{count: 5, machine"))
    assert [(copy.name, copy.zone) for copy in frontend.instances] == [
        ("frontend-0", "a"),
        ("frontend-1", "b"),
        ("frontend-2", "c"),
        ("frontend-3", "a"),
        ("frontend-4", "b"),
    ]


def test_instances_may_share_one_zone(tmp_path):
    frontend = service(tmp_path, "frontend", ("spread: zones}", "spread: {zone: b}}"))
    assert {copy.zone for copy in frontend.instances} == {"b"}


def test_each_instance_has_its_weight(tmp_path):
    frontend = service(tmp_path, "frontend", ("spread: zones}", "weights: [5, 1, 1]}"))
    assert [copy.weight for copy in frontend.instances] == [5, 1, 1]


def test_what_is_left_out_has_its_default(tmp_path):
    frontend = service(
        tmp_path,
        "frontend",
        ("machine: m-2x8, ", ""),
        ("    queue: {limit: 200}\n", ""),
        ("prices:\n  machines: {m-2x8:", "prices:\n  machines: {standard: {on_demand: 0}, m-2x8:"),
    )
    assert {copy.machine for copy in frontend.instances} == {"standard"}
    assert frontend.queue_limit == 100
    assert frontend.cancel is Cancel.NONE
    assert frontend.start_up_ns == 0
    assert frontend.endpoints[0].request_bytes == 1024
    assert frontend.endpoints[0].response_bytes == 8192


def test_what_is_written_reaches_the_service(tmp_path):
    catalog = service(
        tmp_path, "catalog", ("    start_up: 5s", "    start_up: 5s\n    cancel: running")
    )
    assert catalog.cancel is Cancel.RUNNING
    assert catalog.start_up_ns == 5 * NS_PER_S
    assert (catalog.slots, catalog.queue_limit) == (8, 100)
    assert (catalog.endpoints[0].request_bytes, catalog.endpoints[0].response_bytes) == (512, 4096)


def test_calls_are_steps_and_parallel_calls_are_one_step(tmp_path):
    frontend = service(
        tmp_path,
        "frontend",
        (
            "[catalog.GET /item]",
            "[catalog.GET /item, {parallel: [catalog.GET /item, catalog.GET /item]}]",
        ),
    )
    call = CallSpec("catalog", "GET /item")
    assert frontend.endpoints[0].steps == ((call,), (call, call))


def test_an_endpoint_s_name_may_hold_dots(tmp_path):
    frontend = service(
        tmp_path,
        "frontend",
        ("[catalog.GET /item]", "[catalog.GET /item.json]"),
        ("      GET /item:", "      GET /item.json:"),
    )
    assert frontend.endpoints[0].steps == ((CallSpec("catalog", "GET /item.json"),),)


def test_a_wrong_call_inside_a_parallel_step_is_located(tmp_path):
    shown = messages(
        tmp_path, ("[catalog.GET /item]", "[{parallel: [catalog.GET /item, catalog.GET /itm]}]")
    )
    assert shown == [
        'scenario.yaml:25:48: services.frontend.endpoints["GET /product"].calls[0].parallel[1]:'
        " 'catalog' has no endpoint 'GET /itm', did you mean 'GET /item'?"
    ]


def test_a_bare_duration_is_work_that_always_takes_the_same(tmp_path):
    catalog = service(tmp_path, "catalog", ("{dist: lognormal, p50: 3ms, p99: 15ms}", "3ms"))
    assert catalog.endpoints[0].work == Deterministic(3 * NS_PER_MS)


def test_optional_calls_stand_beside_the_needed_ones_of_their_step(tmp_path):
    call = "calls: [catalog.GET /item]"
    loaded = load_edited(
        tmp_path, (call, "calls: [{parallel: [catalog.GET /item], optional: catalog.GET /item}]")
    )
    ((needed, spared),) = loaded.blueprint.services[0].endpoints[0].steps
    assert (needed.is_optional, spared.is_optional) == (False, True)
    alone = load_edited(tmp_path, (call, "calls: [{optional: [catalog.GET /item]}]"))
    ((only,),) = alone.blueprint.services[0].endpoints[0].steps
    assert only.is_optional


def test_a_step_names_at_least_one_call(tmp_path):
    shown = messages(tmp_path, ("calls: [catalog.GET /item]", "calls: [{parallel: []}]"))
    assert any("name at least one call under parallel or optional" in line for line in shown)
