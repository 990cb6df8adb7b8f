from pathlib import Path

import pytest

from models.base.errors import SpecError
from scenarios.source.files import (
    FILE_LIMIT_BYTES,
    INDEX_NAME,
    MATCHES_MAX,
    DiskFinder,
    Files,
    KeptFinder,
)
from scenarios.source.marks import Mark, Source
from scenarios.source.problems import Problems


def mark(directory, label="scenario"):
    return Mark(Source("f.yaml", label, directory, ()), 1, 1)


def disk():
    problems = Problems()
    return Files(DiskFinder(), problems), problems


def test_a_file_is_found_beside_the_one_that_names_it(tmp_path):
    (tmp_path / "load.csv").write_bytes(b"x")
    files, problems = disk()
    found = files.matching("load.csv", mark(tmp_path), ())
    assert [file.content for file in found] == [b"x"]
    assert len(problems) == 0


def test_a_pattern_finds_files_in_the_order_of_their_names(tmp_path):
    for name in ("b.yml", "a.yml", "c.txt"):
        (tmp_path / name).write_text(name)
    files, _ = disk()
    found = files.matching("*.yml", mark(tmp_path), ())
    assert [file.content for file in found] == [b"a.yml", b"b.yml"]


def test_an_absolute_pattern_starts_at_the_root(tmp_path):
    (tmp_path / "a.yml").write_text("x")
    files, _ = disk()
    assert len(files.matching(str(tmp_path / "*.yml"), mark(Path("elsewhere")), ())) == 1


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("missing.csv", "cannot read 'missing.csv': No such file or directory"),
        (".", "cannot read '.': Is a directory"),
        ("*.yml", "no file matches '*.yml'"),
        ("a\0b", "cannot read 'a\\x00b': embedded null byte"),
    ],
)
def test_what_cannot_be_read_is_reported_where_it_is_named(tmp_path, reference, message):
    files, problems = disk()
    assert files.matching(reference, mark(tmp_path), ("x",)) == ()
    assert [problem.message for problem in problems] == [message]


def test_a_file_over_the_limit_is_refused_and_one_at_it_is_read(tmp_path):
    with (tmp_path / "big").open("wb") as stream:
        stream.truncate(FILE_LIMIT_BYTES)
    files, problems = disk()
    assert len(files.matching("big", mark(tmp_path), ())) == 1
    with (tmp_path / "big").open("ab") as stream:
        stream.write(b"x")
    files, problems = disk()
    assert files.matching("big", mark(tmp_path), ()) == ()
    assert "is larger than 32 MiB" in next(iter(problems)).message


@pytest.mark.parametrize(("number", "is_fine"), [(MATCHES_MAX, True), (MATCHES_MAX + 1, False)])
def test_a_pattern_stands_for_a_bounded_number_of_files(tmp_path, number, is_fine):
    for index in range(number):
        (tmp_path / f"{index}.yml").write_text("")
    files, problems = disk()
    assert bool(files.matching("*.yml", mark(tmp_path), ())) is is_fine
    assert [problem.message for problem in problems] == (
        [] if is_fine else ["more than 200 files match '*.yml'"]
    )


def keep(files, directory):
    for name, content in files.kept().items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_kept_files_are_found_again_wherever_the_run_lies(tmp_path):
    home = tmp_path / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "a.yml").write_bytes(b"A")
    (home / "load.csv").write_bytes(b"L")
    files, _ = disk()
    files.matching("rules/*.yml", mark(home), ())
    files.matching("load.csv", mark(home, "set"), ())
    keep(files, tmp_path / "run")
    again = Files(KeptFinder(tmp_path / "run"), Problems())
    found = again.matching("rules/*.yml", mark(Path("gone")), ())
    assert [file.content for file in found] == [b"A"]
    assert again.matching("load.csv", mark(Path("gone"), "set"), ())[0].content == b"L"


def test_files_of_one_name_are_kept_apart(tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "load.csv").write_text(folder)
    files, _ = disk()
    for folder in ("x", "y"):
        files.matching(f"{folder}/load.csv", mark(tmp_path), ())
    names = [name for name in files.kept() if name != INDEX_NAME]
    assert names == ["scenario/load.csv", "scenario/2-load.csv"]


def test_a_file_that_was_not_kept_is_missing(tmp_path):
    problems = Problems()
    again = Files(KeptFinder(tmp_path), problems)
    assert again.matching("load.csv", mark(Path()), ()) == ()
    assert "not among the files kept" in next(iter(problems)).message


@pytest.mark.parametrize("index", ["{", "[]", '{"a": 1}'])
def test_a_damaged_index_is_an_error_of_the_input(tmp_path, index):
    (tmp_path / INDEX_NAME).write_text(index)
    with pytest.raises(SpecError, match="is damaged"):
        KeptFinder(tmp_path)


def test_contents_do_not_depend_on_where_files_lie(tmp_path):
    contents = []
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "load.csv").write_text("same")
        files, _ = disk()
        files.matching("load.csv", mark(tmp_path / folder), ())
        contents.append(files.contents())
    assert contents[0] == contents[1]


def test_without_files_nothing_is_kept():
    files, _ = disk()
    assert files.kept() == {}
