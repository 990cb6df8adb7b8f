"""Selectors in words."""

import pytest

from models.faults.selector import Region, Selector


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        (Selector(service="cart"), "service cart"),
        (Selector(zone="a"), "zone a"),
        (Selector(instance="cart-0"), "cart-0"),
        (Selector(service="cart", zone="a"), "service cart in zone a"),
        (Selector(service="cart", count=2), "2 of service cart"),
        (Selector(zone="a", share=0.5), "50% of zone a"),
        (Selector(region=Region("east", ("a",))), "region east"),
        (Selector(service="cart", region=Region("east", ("a",))), "service cart in region east"),
        (Selector(labels=(("track", "canary"),)), "all with track=canary"),
        (
            Selector(service="cart", count=1, labels=(("track", "canary"), ("team", "shop"))),
            "1 of service cart with track=canary and team=shop",
        ),
    ],
)
def test_a_selector_reads_as_one_would_say_it(selector: Selector, words: str) -> None:
    assert selector.words == words
