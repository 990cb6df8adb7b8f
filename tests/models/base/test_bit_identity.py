"""The same bits everywhere: pinned first draws, and processes with other instruction sets."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.base.portable import exp, ln, normal_quantile
from models.base.samplers import UnitExponentials, make_sampler
from models.base.streams import Stream
from tests.models.base.laws_under_test import LAWS, fingerprints

REPOSITORY = Path(__file__).resolve().parents[3]
COUNT = 20_000
PROGRAM = (
    "from tests.models.base.laws_under_test import fingerprints;"
    f"import sys; sys.stdout.write(repr(fingerprints({COUNT})))"
)
NO_FMA = "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F"
FIRST_DRAWS = {
    "deterministic": (3000000, 3000000, 3000000, 3000000),
    "uniform": (4649741, 3523999, 3525716, 4563945),
    "exponential": (5982080, 22873277, 2482067, 8226147),
    "normal": (22994577, 15602732, 26906527, 19940286),
    "normal cut at zero": (1288601, 256868, 868149, 1615072),
    "lognormal": (1035704, 2858636, 9483546, 1320938),
    "lognormal by quantiles": (4101187, 14779974, 2097570, 6431453),
    "lognormal by moments": (2977353, 697593, 26123470, 975810),
    "pareto": (1240948, 1923424, 1421272, 1296910),
    "pareto with a cap": (1764515, 3421000, 1116911, 1122238),
    "gamma": (2053672, 17394420, 16560117, 3890804),
    "erlang": (6014382, 11531573, 4668022, 5305270),
    "gamma under shape one": (5677410, 2919339, 3260210, 2890314),
    "empirical": (1000000, 1000000, 9000000, 1000000),
}
FINGERPRINTS = {
    "deterministic": "e7bc7ac10304ec04",
    "uniform": "b00678991fa508d1",
    "exponential": "828564073692fb84",
    "normal": "e0281b2904519ed4",
    "normal cut at zero": "fcb5b41dac8e4410",
    "lognormal": "a4a105ebe0630426",
    "lognormal by quantiles": "c680c10fa3a2481c",
    "lognormal by moments": "d726ba5f2ca0161f",
    "pareto": "79a2b356b24c9ba0",
    "pareto with a cap": "e0c3bca176b3bdd9",
    "gamma": "0b0a12d38582057d",
    "erlang": "0ed0e8bb906b2ea3",
    "gamma under shape one": "8bc36faac356244f",
    "empirical": "0afdb1c35a57d40f",
    "unit exponentials": "65e129599fede179",
}


def dispatched_features() -> str:
    """Names of the processor features beyond its baseline that numpy found and would use."""
    umath = np._core._multiarray_umath
    return " ".join(name for name in umath.__cpu_dispatch__ if umath.__cpu_features__[name])


@pytest.mark.parametrize("name", LAWS)
def test_the_first_draws_are_pinned(name: str) -> None:
    sampler = make_sampler(LAWS[name], Stream(2026, name))
    assert tuple(sampler.draw() for _ in range(4)) == FIRST_DRAWS[name]


def test_the_first_unit_exponentials_are_pinned_to_the_bit() -> None:
    gaps = UnitExponentials(Stream(2026, "gaps"))
    assert [gaps.draw().hex() for _ in range(3)] == [
        "0x1.5180b2b6ec6f9p-1",
        "0x1.9d86595736daep+0",
        "0x1.4c2d7e9c5251cp-1",
    ]


def test_portable_functions_are_pinned_to_the_bit() -> None:
    found = [ln(3.0), ln(1e-9), exp(1.0), exp(-20.5), normal_quantile(0.99), normal_quantile(1e-20)]
    assert [value.hex() for value in found] == [
        "0x1.193ea7aad030ap+0",
        "-0x1.4b927f32bffb8p+4",
        "0x1.5bf0a8b14576ap+1",
        "0x1.57a3afeed00abp-30",
        "0x1.29c5c4630ff0cp+1",
        "-0x1.2865170b43a4bp+3",
    ]


def test_many_draws_of_each_law_are_pinned() -> None:
    assert fingerprints(COUNT) == FINGERPRINTS


@pytest.mark.parametrize("tunables", ["", NO_FMA])
def test_draws_are_the_same_without_the_wide_instructions(tunables: str) -> None:
    # numpy's own log and exp, and the C library's, do change bits under these settings.
    features = dispatched_features()
    if not features and not tunables:
        pytest.skip("numpy found no processor feature that could be switched off")
    environment = os.environ | {"GLIBC_TUNABLES": tunables}
    if features:
        environment["NPY_DISABLE_CPU_FEATURES"] = features
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert run.stderr == ""
    assert ast.literal_eval(run.stdout) == FINGERPRINTS
