"""Active health checks of a service, as written."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from scenarios.document.quantities import Duration, PositiveDuration, Ratio, mistake
from scenarios.document.shapes import Section, Several

StatusRange = Annotated[str, StringConstraints(pattern=r"^[1-5][0-9]{2}(-[1-5][0-9]{2})?$")]


class HttpCheckDoc(Section):
    """An HTTP request; ``expected`` are statuses, or ranges such as 200-299."""

    path: str = "/healthz"
    method: str = "GET"
    headers: dict[str, str] = Field(default_factory=dict)
    expected: Annotated[Several[StatusRange], Field(min_length=1)] = ("200",)
    retriable: Several[StatusRange] = ()
    condemn_others: Annotated[
        bool, Field(description="a status in neither list is believed at once")
    ] = False


class TcpCheckDoc(Section):
    """A connection: healthy if it is accepted."""

    port: Annotated[int, Field(ge=1, le=65535)] = 80


class CheckDoc(Section):
    """How every instance of a service is probed, over HTTP unless it says ``tcp``.

    A ``deep`` check fails where something that the service calls cannot serve. At least the share
    ``keep`` of the instances stays in: if more look ill, none is taken out.
    """

    http: HttpCheckDoc | None = None
    tcp: TcpCheckDoc | None = None
    interval: PositiveDuration = 10_000_000_000
    timeout: PositiveDuration = 1_000_000_000
    rise: Annotated[int, Field(ge=1, le=1000)] = 2
    fall: Annotated[int, Field(ge=1, le=1000)] = 3
    schedule: Literal["start_to_start", "end_to_start"] = "start_to_start"
    initial_delay: Duration = 0
    unhealthy_interval: Duration = 0
    edge_interval: Duration = 0
    jitter: Duration = 0
    deep: bool = False
    keep: Annotated[Ratio, Field(le=1)] = 0.0

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.http is not None and self.tcp is not None:
            raise mistake("a check is over http or tcp, not both", field="tcp")
        if self.deep and self.tcp is not None:
            raise mistake("a connection says nothing about what a service calls", field="deep")
        return self
