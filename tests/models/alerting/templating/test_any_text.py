"""Whatever the text: it is refused with a place inside it, or it is filled in within bounds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models.alerting.templating.evaluation import LENGTH_MAX
from models.alerting.templating.template import Occasion, compile_template
from models.alerting.templating.tokens import TemplateError
from models.telemetry.series import VectorSample

PIECES = st.sampled_from(
    [
        "{{", "}}", "{{- ", " -}}", "{{/*", "*/}}", " ", "\n", "a", "if", "else", "end", "range",
        "with", "break", "continue", "define", "$labels", "$value", "$x", "$", ".", ".job",
        ".Labels",
        ":=", "=", ",", "|", "(", ")", '"t"', "`r`", "'c'", '"', "1", "-2.5", "0x", "1e9", "true",
        "nil", "and", "or", "not", "eq", "gt", "len", "index", "slice", "printf", '"%d%s"', "print",
        "query", "first", "value", "label", "humanize", "toTime", "title", "reReplaceAll", "args",
        "sortByLabel", "humanizeTimestamp", "stripPort", "match", "urlquery",
    ]
)  # fmt: skip
ACTIONS = st.lists(PIECES, max_size=6).map(lambda found: "{{ " + " ".join(found) + " }}")
TEXTS = st.one_of(
    st.lists(PIECES, max_size=25).map("".join),
    st.lists(ACTIONS, max_size=4).map("".join),
    st.text(max_size=20),
)
ROWS = (VectorSample((("job", "b"),), 1.0), VectorSample((), float("nan")))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(TEXTS, st.floats())
def test_a_text_is_refused_or_filled_in(text, value):
    try:
        template = compile_template(text)
    except TemplateError as error:
        refusal = error
    else:
        refusal = None
    if refusal is not None:
        lines = text.split("\n")
        assert 1 <= refusal.line <= len(lines)
        assert 1 <= refusal.column <= len(lines[refusal.line - 1]) + 1
        return
    template.queries()
    occasion = Occasion((("__name__", "up"), ("job", "a")), value, query=lambda _: ROWS)
    assert len(template.expand(occasion)) <= LENGTH_MAX + 200
