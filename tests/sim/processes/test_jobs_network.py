"""Mail of job scheduling over a broken network: every tick still takes effect once.

Goal: PB06, PB11 and PB12 with messages that are lost, doubled, held back and cut off, by rules of
the same links that carry requests. Method as in ``test_jobs_faults``.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic, Exponential
from models.base.streams import Stream
from models.base.time import NS_PER_MINUTE, NS_PER_S, DurationNs, TimeNs
from models.faults.selector import Selector
from sim.kernel.ties import FAULT
from sim.network.rules import Block, Delay, Duplication, Loss, Reordering, Rule, Scope
from tests.sim.processes.jobs_town import Town
from tests.sim.processes.test_jobs_faults import (
    END_NS,
    FAULTY_NS,
    JOBS,
    TICKS,
    check_what_is_written,
)

KINDS = ("partition", "loss", "all lost one way", "doubled", "held back", "slow")
ENDS = (
    Selector(service="scheduler"),
    Selector(service="lock"),
    Selector(service="runs"),
    Selector(service="executor"),
    Selector(zone="a"),
    Selector(instance="s1"),
)
RULES = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.sampled_from(ENDS),
        st.integers(0, FAULTY_NS),
        st.integers(1, 60 * NS_PER_S),
    ),
    min_size=1,
    max_size=6,
)


def rule_of(town: Town, kind: str, end: Selector, name: str) -> Rule:
    def streams(purpose: str) -> Stream:
        return town.stream(f"{name}/{purpose}")

    stations = town.network.stations
    chosen = stations.select(end, streams("selection"))
    others = stations.everyone() - chosen
    scope = Scope(chosen, others)
    one_way = Scope(chosen, others, both_ways=False)
    return {
        "partition": Block(scope),
        "loss": Loss(scope, streams, 0.3),
        "all lost one way": Block(one_way),
        "doubled": Duplication(scope, streams, 0.5, Exponential(NS_PER_S)),
        "held back": Reordering(scope, streams, 0.3, Deterministic(2 * NS_PER_S)),
        "slow": Delay(scope, streams, Exponential(NS_PER_S // 2)),
    }[kind]


def break_network(town: Town, rule: Rule, at: TimeNs, lasting: DurationNs) -> None:
    town.kernel.call_at(at, FAULT, lambda _: town.network.impose(rule))
    town.kernel.call_at(at + lasting, FAULT, lambda _: town.network.lift(rule))


@given(rules=RULES, shuffle_ties=st.booleans(), seed=st.integers(0, 1000))
@settings(derandomize=True, deadline=None, max_examples=30)
def test_every_tick_takes_effect_once_over_a_broken_network(
    rules: list[tuple[str, Selector, TimeNs, DurationNs]], shuffle_ties: bool, seed: int
) -> None:
    town = Town(*JOBS, seed=seed, shuffle_ties=shuffle_ties)
    for number, (kind, end, at, lasting) in enumerate(rules):
        break_network(town, rule_of(town, kind, end, f"rule/{number}"), at, lasting)
    for second in range(1, END_NS // NS_PER_S):
        town.run(second * NS_PER_S)
        assert sum(node.leads for node in town.jobs.schedulers) <= 1
    town.jobs.close()
    for job in ("every", "free"):
        ticks = {tick: count for tick, count in town.effective(job).items() if tick in TICKS}
        assert ticks == dict.fromkeys(TICKS, 1)
    assert set(town.effective("latest").values()) == {1}
    check_what_is_written(town)
    assert all(link.is_plain for link in town.network.links())


def test_a_leader_cut_off_from_the_lock_gives_way_to_the_other_scheduler() -> None:
    town = Town(*JOBS)
    town.run(NS_PER_S * 30)
    (leader,) = [node.name for node in town.jobs.schedulers if node.leads]
    cut_off = rule_of(town, "partition", Selector(instance=leader), "cut off")
    break_network(town, cut_off, NS_PER_S * 31, NS_PER_MINUTE)
    town.run(NS_PER_S * 80)
    (successor,) = [node.name for node in town.jobs.schedulers if node.leads]
    assert successor != leader
