"""The surroundings really differ in what they claim to differ in."""

from pathlib import Path

import pytest

from tests.determinism.environments import (
    ROOT,
    Environment,
    environments,
    found_cpu_features,
    run_python,
)

BY_NAME = {environment.name: environment for environment in environments()}


def test_names_are_unique_and_the_plain_one_leads() -> None:
    names = [environment.name for environment in environments()]
    assert names[0] == "plain"
    assert len(set(names)) == len(names)


def test_the_order_of_a_set_of_texts_differs_between_hash_seeds(tmp_path: Path) -> None:
    code = "print(list({str(n) for n in range(50)}))"
    plain = run_python(code, BY_NAME["plain"], cwd=tmp_path)
    assert run_python(code, BY_NAME["plain"], cwd=tmp_path) == plain
    assert run_python(code, BY_NAME["other-hash-seed"], cwd=tmp_path) != plain


def test_the_time_zone_differs(tmp_path: Path) -> None:
    code = "import time; print(time.timezone)"
    assert run_python(code, BY_NAME["plain"], cwd=tmp_path) == "0\n"
    assert run_python(code, BY_NAME["other-locale"], cwd=tmp_path) == "-32400\n"


def test_numpy_finds_no_dispatched_feature_without_simd(tmp_path: Path) -> None:
    if not found_cpu_features():
        pytest.skip("numpy dispatches no feature on this processor")
    code = "from tests.determinism.environments import found_cpu_features as found; print(found())"
    assert run_python(code, BY_NAME["plain"], cwd=tmp_path) != "()\n"
    assert run_python(code, BY_NAME["no-simd"], cwd=tmp_path) == "()\n"


def test_the_c_library_is_told_to_leave_fma_out(tmp_path: Path) -> None:
    code = "import os; print(os.environ['GLIBC_TUNABLES'])"
    printed = run_python(code, BY_NAME["no-fma"], cwd=tmp_path)
    assert printed == "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F\n"


@pytest.mark.parametrize("environment", environments(), ids=lambda entry: entry.name)
def test_the_project_is_importable_from_any_directory(
    environment: Environment, tmp_path: Path
) -> None:
    printed = run_python("import models; print(models.__file__)", environment, cwd=tmp_path)
    assert Path(printed.strip()).is_relative_to(ROOT)


@pytest.mark.parametrize("environment", environments(), ids=lambda entry: entry.name)
def test_streams_draw_the_same_bits_in_every_environment(
    environment: Environment, tmp_path: Path
) -> None:
    code = (
        "from models.base.streams import Stream; "
        "s = Stream(7, 'arrivals'); print([s.uniform().hex() for _ in range(300)])"
    )
    plain = run_python(code, BY_NAME["plain"], cwd=ROOT)
    assert run_python(code, environment, cwd=tmp_path) == plain


def test_a_process_that_fails_fails_the_test(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="in environment plain"):
        run_python("raise SystemExit('no')", BY_NAME["plain"], cwd=tmp_path)
