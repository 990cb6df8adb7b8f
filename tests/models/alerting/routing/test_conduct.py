import pytest

from models.alerting.routing.conduct import ReceiverConduct
from models.base.errors import ConfigError


@pytest.mark.parametrize(
    ("now", "is_down"), [(9, False), (10, True), (19, True), (20, False), (30, True), (40, False)]
)
def test_an_outage_begins_with_its_start_and_is_over_at_its_end(now: int, is_down: bool) -> None:
    conduct = ReceiverConduct("pager", outages=((10, 20), (30, 40)))
    assert conduct.is_down(now=now) is is_down


@pytest.mark.parametrize("ratio", [-0.1, 1.1])
def test_a_share_of_failures_is_a_share(ratio: float) -> None:
    with pytest.raises(ConfigError, match="'pager' fails by a share of 0 to 1"):
        ReceiverConduct("pager", failure_ratio=ratio)


@pytest.mark.parametrize("outage", [(5, 5), (5, 4)])
def test_an_outage_has_a_length(outage: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match="ends before it starts"):
        ReceiverConduct("pager", outages=(outage,))
