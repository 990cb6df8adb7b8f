import pytest

from models.base.errors import ConfigError
from models.discovery.health.service_check import ServiceCheck


@pytest.mark.parametrize(
    ("kept", "ill", "out"),
    [
        (0.0, 4, 4),
        (0.5, 2, 2),
        (0.5, 3, 0),
        (0.51, 2, 0),
        (1.0, 1, 0),
        (1.0, 0, 0),
    ],
)
def test_of_four_all_that_are_ill_are_taken_out_or_none(kept: float, ill: int, out: int) -> None:
    names = [f"shop-{index}" for index in range(ill)]
    taken = ServiceCheck("shop", kept_ratio=kept).taken_out(names, 4)
    assert taken == frozenset(names[:out])


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_to_keep_is_a_share(share: float) -> None:
    with pytest.raises(ConfigError, match="'shop'"):
        ServiceCheck("shop", kept_ratio=share)
