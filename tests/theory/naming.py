"""Families of names with a time to live: who still holds the old address after a switch."""

from models.base.streams import Stream
from models.base.time import NS_PER_S
from models.discovery.name_cache import NameCache
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import Score, of_share

CLIENTS = 40_000


def is_stale(names: NameCache, switched_ns: int, looked_ns: int) -> bool:
    """Whether a client still has the answer of before the switch when one looks."""
    has_old = True
    while names.next_ns <= looked_ns:
        now = names.next_ns
        names.take(now=now)
        names.answered(now=now)
        has_old = now < switched_ns
    return has_old


@scores(r"dns-stale-.*")
def share_on_the_old_address(case: Case, seed: int, scale: float) -> Score:
    """Caches were filled at uniform instants; the address is switched in the third round."""
    ttl_ns = round(case["ttl"] * NS_PER_S)
    switched_ns = 2 * ttl_ns
    looked_ns = switched_ns + round(case["t"] * NS_PER_S)
    phases = Stream(seed, "phases")
    count = round(CLIENTS * scale)
    stale = sum(
        is_stale(
            NameCache(phases.below(ttl_ns), ttl_ns=ttl_ns, retry_ns=NS_PER_S),
            switched_ns,
            looked_ns,
        )
        for _ in range(count)
    )
    return of_share(case.value, stale, count, "clients")
