from scenarios.compile.call_graph import ALL_TREES_NODES_MAX, CALL_TREE_NODES_MAX
from scenarios.load import load
from scenarios.source.problems import ScenarioError
from sim.nodes.plan import NODES_MAX
from tests.scenarios.edited import messages


def tiers(*fans):
    """A chain of services in which each endpoint calls the next so many times."""
    lines = [
        "version: 1",
        "scenario: s",
        "time: {measure: 1m}",
        "topology: {zones: [a]}",
        "services:",
    ]
    for depth, fan in enumerate((*fans, 0)):
        calls = ", ".join([f"s{depth + 1}.x"] * fan)
        lines.append(
            f"  s{depth}: {{instances: {{count: 1}}, slots: 1,"
            f" endpoints: {{x: {{work: 1ms, calls: [{calls}]}}}}}}"
        )
    return "\n".join(lines)


def shown(directory, text):
    path = directory / "s.yaml"
    path.write_text(text)
    try:
        load(path)
    except ScenarioError as error:
        return [problem.headline().split("error: ")[1] for problem in error.problems]
    return []


def test_a_tree_of_exactly_the_limit_is_allowed_and_one_call_more_is_not(tmp_path):
    assert CALL_TREE_NODES_MAX - 1 == 1 + 27 * (1 + 73)
    assert shown(tmp_path, tiers(1, 27, 73)) == []
    assert shown(tmp_path, tiers(1, 1, 27, 73)) == [
        "services.s0.endpoints.x: one request makes 2,001 calls; the limit is 2,000"
    ]


def test_only_the_endpoint_at_which_the_limit_is_passed_is_named(tmp_path):
    assert shown(tmp_path, tiers(2, 100, 100)) == [
        "services.s1.endpoints.x: one request makes 10,101 calls; the limit is 2,000"
    ]


def test_trees_that_grow_without_bound_are_counted_without_being_built(tmp_path):
    problems = shown(tmp_path, tiers(*[10] * 30))
    assert len(problems) == 1


def test_a_long_circle_is_named_in_calling_order_from_its_first_endpoint(tmp_path):
    text = tiers(1, 1).replace("calls: []", "calls: [s0.x]")
    assert shown(tmp_path, text) == [
        "services.s0.endpoints.x.calls: calls go round in a circle: s0.x -> s1.x -> s2.x -> s0.x"
    ]


def test_a_circle_of_more_than_eleven_is_shortened(tmp_path):
    text = tiers(*[1] * 20).replace("calls: []", "calls: [s0.x]")
    (problem,) = shown(tmp_path, text)
    assert problem.endswith("s9.x -> s10.x -> ... -> s0.x")


def test_calling_another_endpoint_of_the_same_service_is_no_circle(tmp_path):
    assert (
        messages(
            tmp_path,
            ("        request: 512B", "        calls: [catalog.GET /stock]"),
            ("        response: 4KiB", "      GET /stock: {work: 1ms}"),
        )
        == []
    )


def with_sources(text, number):
    sources = "".join(
        f"  u{index}: {{to: s0, arrivals: {{rate: 1/s}}}}\n" for index in range(number)
    )
    return f"{text}\ntraffic:\n{sources}"


def test_the_trees_of_all_sources_together_are_bounded_as_the_world_bounds_them(tmp_path):
    assert ALL_TREES_NODES_MAX == NODES_MAX
    assert shown(tmp_path, with_sources(tiers(1, 27, 73), 5)) == []
    assert shown(tmp_path, with_sources(tiers(1, 27, 73), 6)) == [
        "traffic: the endpoints in all mixes make 12,000 calls together; the limit is 10,000"
    ]
