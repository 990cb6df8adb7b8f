"""The verdict in a terminal and in Markdown."""

from models.records.record import Counts, ExpectationResult, Verdict
from reports.text import counts_line, verdict_markdown, verdict_table, verdict_text
from tests.reports.small_run import small_run

GOOD = ExpectationResult("p99 of web", True, "< 300 ms", "268 ms", 0.106, None, "measure")
BAD = ExpectationResult("a|b *odd* `name`", False, "< 1 %", "2 %", -1.0, 0, "measure")


def failed_run():
    return small_run(
        verdict=Verdict.FAILED,
        expectations=(GOOD, BAD),
        counts=Counts(51_688, 51_653, 22, 0, 10, 3),
    )


def test_columns_of_the_table_line_up():
    heading, good, bad = verdict_table(failed_run()).split("\n")
    for word, cell in (("target", "< 300 ms"), ("observed", "268 ms"), ("during", "measure")):
        assert heading.index(word) == good.index(cell)
    assert bad.index("< 1 %") == good.index("< 300 ms")


def test_judgements_are_a_symbol_and_a_word():
    _, good, bad = verdict_table(failed_run()).split("\n")
    assert good.startswith("✓ holds")
    assert bad.startswith("✗ violated")


def test_wide_characters_count_twice():
    wide = ExpectationResult("注文", True, "x", "y", None, None, "run")
    narrow = ExpectationResult("abcd", True, "x", "y", None, None, "run")
    _, first, second = verdict_table(small_run(expectations=(wide, narrow))).split("\n")
    assert first.index(" x ") + 2 == second.index(" x ")


def test_no_expectations_is_said():
    assert verdict_table(small_run()) == "no expectations"


def test_the_whole_text_names_verdict_seed_digest_and_replay():
    text = verdict_text(failed_run())
    assert text.startswith("small: FAILED. 1 of 2 expectations violated.\n")
    assert f"seed 7, digest {'cd' * 16}" in text
    assert text.endswith("replay: foreshock run small.yaml --seed 7\n")


def test_counts_add_up_in_words():
    assert counts_line(failed_run()) == (
        "51,688 offered = 51,653 completed, 22 failed, 0 rejected, 10 timed out, 3 in flight"
    )


def test_markdown_keeps_names_as_they_are():
    assert r"a\|b \*odd\* \`name\`" in verdict_markdown(failed_run())


def test_every_markdown_row_has_as_many_cells_as_the_heading():
    rows = [line for line in verdict_markdown(failed_run()).split("\n") if line.startswith("|")]
    assert len(rows) == 4
    assert {row.replace(r"\|", "").count("|") for row in rows} == {8}


def test_a_stopped_run_has_no_tick_in_markdown():
    assert verdict_markdown(small_run(verdict=Verdict.STOPPED)).startswith("### ✗")
    assert verdict_markdown(small_run()).startswith("### ✓")
