"""Selectors in words."""

import pytest

from models.faults.selector import Selector


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        (Selector(service="cart"), "service cart"),
        (Selector(zone="a"), "zone a"),
        (Selector(instance="cart-0"), "cart-0"),
        (Selector(service="cart", zone="a"), "service cart in zone a"),
        (Selector(service="cart", count=2), "2 of service cart"),
        (Selector(zone="a", share=0.5), "50% of zone a"),
    ],
)
def test_a_selector_reads_as_one_would_say_it(selector: Selector, words: str) -> None:
    assert selector.words == words
