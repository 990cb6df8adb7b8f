"""Do as the parent does: one decision at the root holds for the whole trace.

Source: OpenTelemetry specification, trace/sdk.md "ParentBased"; semantics 14.1.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from models.base.time import TimeNs
from models.telemetry.tracing.sampling.sampler import (
    AlwaysOff,
    AlwaysOn,
    Candidate,
    Sampler,
    SamplingResult,
)
from models.telemetry.tracing.sampling.threshold import believable


class ParentBased:
    """Delegates by what is known of the parent.

    A threshold in the trace state of a sampled parent that would have rejected it is not passed
    on.

    Without a parent ``root`` decides; with one, the delegate for (remote or local, sampled or
    not). The defaults follow the parent: kept when it was, dropped when it was not.
    """

    __slots__ = ("_by_parent", "_root")

    def __init__(
        self,
        root: Sampler,
        *,
        remote_parent_sampled: Sampler | None = None,
        remote_parent_not_sampled: Sampler | None = None,
        local_parent_sampled: Sampler | None = None,
        local_parent_not_sampled: Sampler | None = None,
    ) -> None:
        self._root = root
        self._by_parent: Mapping[tuple[bool, bool], Sampler] = MappingProxyType(
            {
                (True, True): remote_parent_sampled or AlwaysOn(),
                (True, False): remote_parent_not_sampled or AlwaysOff(),
                (False, True): local_parent_sampled or AlwaysOn(),
                (False, False): local_parent_not_sampled or AlwaysOff(),
            }
        )

    @property
    def description(self) -> str:
        """All five delegates by name."""
        inner = self._by_parent
        return (
            f"ParentBased{{root:{self._root.description},"
            f"remoteParentSampled:{inner[True, True].description},"
            f"remoteParentNotSampled:{inner[True, False].description},"
            f"localParentSampled:{inner[False, True].description},"
            f"localParentNotSampled:{inner[False, False].description}}}"
        )

    def should_sample(self, candidate: Candidate, *, now: TimeNs) -> SamplingResult:
        """The delegate's answer."""
        parent = candidate.parent
        if parent is None:
            return self._root.should_sample(candidate, now=now)
        if parent.is_sampled:
            state = believable(parent.trace_state, candidate.trace_id)
            candidate = replace(candidate, parent=replace(parent, trace_state=state))
        delegate = self._by_parent[parent.is_remote, parent.is_sampled]
        return delegate.should_sample(candidate, now=now)
