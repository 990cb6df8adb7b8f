"""What an instance shows of its caches when it is scraped."""

from models.base.keys import KeyLaw
from models.service.cache import CacheSpec
from sim.processes.metrics_pages import InstancePage
from sim.world import build
from tests.sim.worlds import S, blueprint, edge, service


def test_look_ups_and_size_are_shown_under_the_names_of_micrometer() -> None:
    cache = CacheSpec(KeyLaw(10), ttl_ns=60 * S)
    plan = blueprint(
        [
            service("shop", count=1, slots=50, calls=[["database"]], cache=cache),
            service("database"),
        ],
        [edge("users", "shop"), edge("shop", "database")],
        seconds=5,
    )
    world = build(plan, 1)
    world.run()
    shown = {
        tuple(sorted(dict(sample.labels).items())): sample.value
        for sample in InstancePage(world.instances_of["shop"][0]).show()
    }
    hits = shown[("__name__", "cache_gets_total"), ("cache", "do"), ("result", "hit")]
    misses = shown[("__name__", "cache_gets_total"), ("cache", "do"), ("result", "miss")]
    assert shown[("__name__", "cache_size"), ("cache", "do")] == 10
    assert misses >= 10
    assert hits > 10 * misses


def test_an_instance_without_a_cache_shows_none() -> None:
    world = build(blueprint([service("shop")], [edge("users", "shop")]), 1)
    names = [dict(one.labels)["__name__"] for one in InstancePage(world.instances[0]).show()]
    assert not [name for name in names if name.startswith("cache")]
