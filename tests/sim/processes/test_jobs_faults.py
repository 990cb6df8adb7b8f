"""Any faults at any time: no tick takes effect twice, and none is lost once the faults stop.

Goal: PB12 and PB13 in time, with node clocks seconds apart, crashes, dark zones and messages that
overtake each other. Method: minute jobs under drawn faults for five minutes (safety), then ten
quiet minutes in which every tick must have taken effect (liveness). Faults of a node are longer
than nothing and shorter than what its tries and time-outs allow for.
"""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Lognormal, Uniform
from models.base.time import NS_PER_MINUTE, NS_PER_MS, NS_PER_S, DurationNs, TimeNs
from models.records.events import EventKind
from models.scheduling.config import JobConfig, Misfire, Overlap
from tests.sim.processes.jobs_town import Town

FAULTY_NS = 5 * NS_PER_MINUTE
END_NS = 15 * NS_PER_MINUTE
SETTLED_NS = 14 * NS_PER_MINUTE
SKEW_NS = 2 * NS_PER_S
WORK = Uniform(2 * NS_PER_S, 25 * NS_PER_S)
JOBS = (
    JobConfig("every", "* * * * *", WORK, retries=50, misfire=Misfire.FIRE_ALL),
    JobConfig(
        "free", "* * * * *", WORK, retries=50, misfire=Misfire.FIRE_ALL, overlap=Overlap.ALLOW
    ),
    JobConfig("latest", "*/2 * * * *", WORK, retries=50),
)
TICKS = frozenset(range(NS_PER_MINUTE, SETTLED_NS, NS_PER_MINUTE))

NODES = st.sampled_from(["s1", "s2", "x1", "x2"])
TIMES = st.one_of(
    st.integers(0, FAULTY_NS),
    st.builds(
        lambda minute, delta: minute * NS_PER_MINUTE + delta,
        st.integers(1, 4),
        st.integers(-3 * NS_PER_S, 3 * NS_PER_S)
        | st.integers(0, 5).map(lambda step: step * NS_PER_MS),
    ),
)
CRASHES = st.lists(st.tuples(NODES, TIMES, st.integers(1, 90 * NS_PER_S)), max_size=6)
OUTAGES = st.lists(
    st.tuples(st.sampled_from("abc"), TIMES, st.integers(1, 90 * NS_PER_S)), max_size=2
)
SKEWS = st.integers(-SKEW_NS, SKEW_NS)


@given(
    crashes=CRASHES,
    outages=OUTAGES,
    skews=st.tuples(SKEWS, SKEWS),
    shuffle_ties=st.booleans(),
    seed=st.integers(0, 1000),
)
@settings(derandomize=True, deadline=None, max_examples=40)
def test_every_tick_takes_effect_once_whatever_fails(
    crashes: list[tuple[str, TimeNs, DurationNs]],
    outages: list[tuple[str, TimeNs, DurationNs]],
    skews: tuple[DurationNs, DurationNs],
    shuffle_ties: bool,
    seed: int,
) -> None:
    town = Town(
        *JOBS,
        seed=seed,
        shuffle_ties=shuffle_ties,
        offsets_ns=dict(zip(("s1", "s2"), skews, strict=True)),
        drifts_ppm={"s1": 200, "s2": -200, "server": 100, "store": -100},
        latency=Lognormal(mu=14.0, sigma=1.5),
    )
    for name, at, lasting in crashes:
        town.crash(name, at, back_after=lasting)
    for zone, at, lasting in outages:
        town.darken(zone, at, lasting)
    for second in range(1, END_NS // NS_PER_S):
        town.run(second * NS_PER_S)
        assert sum(node.leads for node in town.jobs.schedulers) <= 1
    town.jobs.close()
    for job in ("every", "free"):
        ticks = {tick: count for tick, count in town.effective(job).items() if tick in TICKS}
        assert ticks == dict.fromkeys(TICKS, 1)
    assert set(town.effective("latest").values()) == {1}
    check_what_is_written(town)


def check_what_is_written(town: Town) -> None:
    """Tries are numbered apart, forbidden overlaps do not occur, tokens never go back."""
    rows = town.log.rows
    assert len({(row.job, row.scheduled_ns, row.attempt) for row in rows}) == len(rows)
    assert all(row.started_ns <= row.ended_ns or row.ended_ns == -1 for row in rows)
    done = sorted(
        (row.started_ns, row.ended_ns)
        for row in rows
        if row.job == "every" and row.status == "succeeded"
    )
    assert all(ended <= began for (_, ended), (began, _) in pairwise(done))
    tokens = [
        detail["token"] for _, kind, _, detail in town.log.events if kind is EventKind.LOCK_ACQUIRED
    ]
    assert tokens == sorted(set(tokens))
