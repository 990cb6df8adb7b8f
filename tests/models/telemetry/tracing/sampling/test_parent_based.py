"""All five delegates of the parent-based sampler (semantics 14.1)."""

import pytest

from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.sampling.parent_based import ParentBased
from models.telemetry.tracing.sampling.sampler import (
    AlwaysOff,
    AlwaysOn,
    Candidate,
    SamplingDecision,
    SamplingResult,
)

KEPT, DROPPED = SamplingDecision.RECORD_AND_SAMPLE, SamplingDecision.DROP
PARENTS = {
    "remote_parent_sampled": SpanContext(1, 1, 1, is_remote=True),
    "remote_parent_not_sampled": SpanContext(1, 1, 0, is_remote=True),
    "local_parent_sampled": SpanContext(1, 1, 1),
    "local_parent_not_sampled": SpanContext(1, 1, 0),
}


class Named:
    def __init__(self, name):
        self.description = name

    def should_sample(self, _candidate, *, now):
        return SamplingResult(KEPT, attributes={"by": self.description, "now": now})


def decided_by(parent):
    sampler = ParentBased(Named("root"), **{name: Named(name) for name in PARENTS})
    return sampler.should_sample(Candidate(1, "op", parent), now=7).attributes


@pytest.mark.parametrize("name", PARENTS)
def test_the_delegate_for_this_kind_of_parent_decides(name):
    assert decided_by(PARENTS[name]) == {"by": name, "now": 7}


def test_without_a_parent_the_root_decides():
    assert decided_by(None)["by"] == "root"


@pytest.mark.parametrize("root", [AlwaysOn(), AlwaysOff()])
@pytest.mark.parametrize("name", PARENTS)
def test_by_default_it_does_as_the_parent_does(name, root):
    parent = PARENTS[name]
    decision = ParentBased(root).should_sample(Candidate(1, "op", parent), now=0).decision
    assert (decision is KEPT) is parent.is_sampled


def test_flags_other_than_sampled_do_not_count():
    parent = SpanContext(1, 1, 0xFE)
    assert ParentBased(AlwaysOn()).should_sample(Candidate(1, "op", parent), now=0).decision is (
        DROPPED
    )


@pytest.mark.parametrize(
    ("randomness", "state"),
    [("8" + "0" * 13, "th:8;rv:8" + "0" * 13), ("7" * 14, "rv:" + "7" * 14)],
)
def test_a_threshold_that_contradicts_the_parents_decision_is_not_passed_on(randomness, state):
    parent = SpanContext(1, 1, 1, (("ot", f"th:8;rv:{randomness}"),), is_remote=True)
    result = ParentBased(AlwaysOff()).should_sample(Candidate(1, "op", parent), now=0)
    assert (result.decision, result.trace_state) == (KEPT, (("ot", state),))


def test_it_names_all_five():
    assert ParentBased(AlwaysOn()).description == (
        "ParentBased{root:AlwaysOnSampler,remoteParentSampled:AlwaysOnSampler,"
        "remoteParentNotSampled:AlwaysOffSampler,localParentSampled:AlwaysOnSampler,"
        "localParentNotSampled:AlwaysOffSampler}"
    )
