"""The rules of form hold in every module, and each rule catches what it forbids."""

from pathlib import Path

import pytest

from tests.architecture import form
from tests.architecture.tree import PACKAGES, modules, texts

SOURCES = tuple(modules(*PACKAGES))


def long_module(lines: int, docstring: str) -> str:
    body = f'"""{docstring}"""\n'
    return body + "x = 1\n" * (lines - len(body.splitlines()))


def test_there_are_modules_to_judge() -> None:
    assert {path.parts[0] for path, _ in SOURCES} == set(PACKAGES)


def test_modules_are_short_or_say_why_not() -> None:
    assert [(str(p), found) for p, s in SOURCES if (found := form.size_violations(s))] == []


@pytest.mark.parametrize(
    ("lines", "docstring", "is_caught"),
    [
        (400, "A.", False),
        (401, "A.", True),
        (401, "A.\n\nLength: one table of a standard.\n", False),
        (401, "A.\n\nLength:\n", True),
        (499, "A.\n\nLength: one table of a standard.\n", False),
        (500, "A.\n\nLength: one table of a standard.\n", True),
    ],
)
def test_a_long_module_is_caught(lines: int, docstring: str, is_caught: bool) -> None:
    assert bool(form.size_violations(long_module(lines, docstring))) is is_caught


def test_package_fronts_hold_no_logic() -> None:
    fronts = [(path, source) for path, source in SOURCES if path.name == "__init__.py"]
    assert [(str(p), found) for p, s in fronts if (found := form.package_front_violations(s))] == []


@pytest.mark.parametrize(
    "source",
    [
        '"""P."""\nLIMIT = 3\n',
        '"""P."""\ndef f():\n    """F."""\n',
        '"""P."""\nif True:\n    import os\n',
        '"""P."""\n"""Again."""\n',
        '"""P."""\nfrom a import b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12\n',
    ],
)
def test_logic_in_a_package_front_is_caught(source: str) -> None:
    assert form.package_front_violations(source)


def test_a_dozen_re_exports_are_allowed() -> None:
    names = ", ".join(f"b{n}" for n in range(12))
    source = f'"""P."""\nfrom a import {names}\n__all__ = ["b0"]\n'
    assert form.package_front_violations(source) == []


def test_functions_fit_a_screen_and_take_few_arguments() -> None:
    assert [(str(p), found) for p, s in SOURCES if (found := form.function_violations(s))] == []


@pytest.mark.parametrize(("lines", "is_caught"), [(60, False), (61, True)])
def test_a_long_function_is_caught(lines: int, is_caught: bool) -> None:
    source = "async def f():\n" + "    x = 1\n" * (lines - 1)
    assert bool(form.function_violations(source)) is is_caught


@pytest.mark.parametrize(
    ("head", "is_caught"),
    [
        ("def f(a, b, c, d, e, f, g, h): ...", False),
        ("def f(a, b, c, d, e, f, g, h, i): ...", True),
        ("def f(a, /, b, c, d, e, *, f, g, h, i): ...", True),
        ("def f(self, a, b, c, d, e, f, g, h): ...", False),
        ("@click.command()\ndef f(a, b, c, d, e, f, g, h, i): ...", False),
    ],
)
def test_a_function_of_many_arguments_is_caught(head: str, is_caught: bool) -> None:
    assert bool(form.function_violations(head)) is is_caught


def test_names_say_what_is_inside() -> None:
    assert [(str(p), found) for p, s in SOURCES if (found := form.name_violations(p, s))] == []


@pytest.mark.parametrize(
    "path",
    ["models/base/utils.py", "sim/helpers/x.py", "sim/time_util.py", "models/lock_manager.py",
     "reports/event_handlers.py", "models/common/__init__.py", "sim/misc.py"],
)  # fmt: skip
def test_a_name_that_says_nothing_is_caught(path: str) -> None:
    assert form.name_violations(Path(path), "")


def test_a_banned_word_inside_another_word_is_allowed() -> None:
    assert form.name_violations(Path("models/planning/utilisation.py"), "") == []


@pytest.mark.parametrize("head", ["def get_x(): ...", "class A:\n    def _get_y(self): ..."])
def test_a_function_that_gets_is_caught(head: str) -> None:
    assert form.name_violations(Path("models/a.py"), head)


def test_everything_public_has_a_docstring() -> None:
    assert [(str(p), found) for p, s in SOURCES if (found := form.docstring_violations(s))] == []


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n",
        '"""M."""\ndef f(): ...\n',
        '"""M."""\nclass A:\n    x = 1\n',
        '"""M."""\nclass A:\n    """A."""\n    def f(self): ...\n',
        '"""M."""\nclass A:\n    """A."""\n    @property\n    def f(self): ...\n',
        '"""M."""\nclass P(Protocol):\n    x: int\n',
    ],
)
def test_a_missing_docstring_is_caught(source: str) -> None:
    assert form.docstring_violations(source)


@pytest.mark.parametrize(
    "source",
    [
        '"""M."""\ndef _f(): ...\n',
        '"""M."""\nclass _A:\n    def f(self): ...\n',
        '"""M."""\nclass A:\n    """A."""\n    def __len__(self): ...\n',
        '"""M."""\nclass P(Protocol):\n    """P."""\n    def f(self): ...\n',
    ],
)
def test_private_names_and_protocol_members_need_no_docstring(source: str) -> None:
    assert form.docstring_violations(source) == []


def test_nothing_is_left_for_later() -> None:
    assert [(str(p), found) for p, s in texts() if (found := form.unfinished_violations(s))] == []


@pytest.mark.parametrize("halves", [("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("HA", "CK")])
def test_a_note_to_do_it_later_is_caught(halves: tuple[str, str]) -> None:
    assert form.unfinished_violations(f"x = 1  # {''.join(halves)}: later\n")


def test_no_text_names_a_path_of_one_machine() -> None:
    assert [(str(p), found) for p, s in texts() if (found := form.machine_path_violations(s))] == []


@pytest.mark.parametrize("top", ["work", "home", "root", "Users"])
def test_a_path_of_one_machine_is_caught(top: str) -> None:
    assert form.machine_path_violations(f"open('/{top}/me/data.csv')")


@pytest.mark.parametrize("text", ["api/work/item", "./home/x", "/usr/bin/chromium", "/works"])
def test_a_path_that_any_machine_may_have_is_allowed(text: str) -> None:
    assert form.machine_path_violations(text) == []
