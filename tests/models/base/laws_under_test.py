"""Laws of every kind, with the edges of their transforms, and fingerprints of their draws."""

from hashlib import blake2b

from models.base.distributions import (
    Deterministic,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Lognormal,
    Normal,
    Pareto,
    Uniform,
)
from models.base.samplers import (
    UnitExponentials,
    lognormal_from_moments,
    lognormal_from_quantiles,
    make_sampler,
)
from models.base.streams import Stream
from models.base.time import NS_PER_MS

LAWS: dict[str, Distribution] = {
    "deterministic": Deterministic(3 * NS_PER_MS),
    "uniform": Uniform(NS_PER_MS, 5 * NS_PER_MS),
    "exponential": Exponential(15 * NS_PER_MS),
    "normal": Normal(20 * NS_PER_MS, 4 * NS_PER_MS),
    "normal cut at zero": Normal(NS_PER_MS, NS_PER_MS),
    "lognormal": Lognormal(15.0, 0.8),
    "lognormal by quantiles": lognormal_from_quantiles(6 * NS_PER_MS, 40 * NS_PER_MS),
    "lognormal by moments": lognormal_from_moments(6 * NS_PER_MS, 1.5),
    "pareto": Pareto(NS_PER_MS, 2.5),
    "pareto with a cap": Pareto(NS_PER_MS, 0.9, cap_ns=100 * NS_PER_MS),
    "gamma": Gamma(10 * NS_PER_MS, 2.5),
    "erlang": Gamma(10 * NS_PER_MS, 4.0),
    "gamma under shape one": Gamma(10 * NS_PER_MS, 0.4),
    "empirical": Empirical((NS_PER_MS, 2 * NS_PER_MS, 9 * NS_PER_MS), (5.0, 0.0, 2.5)),
}


def fingerprint(draws: list[int] | list[float]) -> str:
    """Eight bytes of a digest over the exact value of every draw."""
    text = " ".join(value.hex() if isinstance(value, float) else str(value) for value in draws)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def fingerprints(count: int) -> dict[str, str]:
    """Fingerprint of the first ``count`` draws of each law and of the unit exponentials."""
    found = {}
    for name, law in LAWS.items():
        sampler = make_sampler(law, Stream(2026, name))
        found[name] = fingerprint([sampler.draw() for _ in range(count)])
    gaps = UnitExponentials(Stream(2026, "gaps"))
    found["unit exponentials"] = fingerprint([gaps.draw() for _ in range(count)])
    return found
