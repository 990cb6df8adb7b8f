"""The shop as written in online-boutique/zone-outage.yaml against the shop as it is.

The calls of each page are those of the handlers in Google's microservices-demo
(src/frontend/handlers.go, src/frontend/rpc.go, src/checkoutservice/main.go,
src/recommendationservice/recommendation_server.py, RedisCartStore.cs).
"""

from collections import Counter
from pathlib import Path

import pytest

import scenarios
from models.base.outcome import Outcome
from models.service.spec import EndpointSpec
from scenarios.load import load
from sim.blueprint import Blueprint

LIBRARY = Path(scenarios.__file__).parent / "library"
SHOP = LIBRARY / "online-boutique" / "zone-outage.yaml"
PRODUCTS, RECOMMENDED, IN_CART = 9, 5, 2

RECOMMEND = Counter(
    {
        "recommendationservice.ListRecommendations": 1,
        "productcatalogservice.GetProduct": RECOMMENDED,
    }
)
PAGES = {
    "GET /": Counter(
        {
            "currencyservice.GetSupportedCurrencies": 1,
            "productcatalogservice.ListProducts": 1,
            "cartservice.GetCart": 1,
            "currencyservice.Convert": PRODUCTS,
            "adservice.GetAds": 1,
        }
    ),
    "GET /product": RECOMMEND
    + Counter(
        {
            "productcatalogservice.GetProduct": 1,
            "currencyservice.GetSupportedCurrencies": 1,
            "cartservice.GetCart": 1,
            "currencyservice.Convert": 1,
            "adservice.GetAds": 1,
        }
    ),
    "GET /cart": RECOMMEND
    + Counter(
        {
            "currencyservice.GetSupportedCurrencies": 1,
            "cartservice.GetCart": 1,
            "shippingservice.GetQuote": 1,
            "productcatalogservice.GetProduct": IN_CART,
            "currencyservice.Convert": 1 + IN_CART,
        }
    ),
    "POST /cart": Counter({"productcatalogservice.GetProduct": 1, "cartservice.AddItem": 1}),
    "POST /cart/checkout": RECOMMEND
    + Counter({"checkoutservice.PlaceOrder": 1, "currencyservice.GetSupportedCurrencies": 1}),
    "POST /setCurrency": Counter(),
}
ORDER = [
    "cartservice.GetCart",
    *["productcatalogservice.GetProduct", "currencyservice.Convert"] * IN_CART,
    "shippingservice.GetQuote",
    "currencyservice.Convert",
    "paymentservice.Charge",
    "shippingservice.ShipOrder",
    "cartservice.EmptyCart",
    "emailservice.SendOrderConfirmation",
]
CART_STORE_CALLS = {
    "GetCart": ["redis-cart.GET"],
    "AddItem": ["redis-cart.GET", "redis-cart.SET"],
    "EmptyCart": ["redis-cart.SET"],
}


@pytest.fixture(scope="module")
def shop() -> Blueprint:
    return load(SHOP).blueprint


def endpoint(shop: Blueprint, service: str, name: str) -> EndpointSpec:
    spec = next(spec for spec in shop.services if spec.name == service)
    return next(endpoint for endpoint in spec.endpoints if endpoint.name == name)


def calls_in_order(found: EndpointSpec) -> list[str]:
    assert all(len(step) == 1 for step in found.steps), "the shop's handlers call one by one"
    return [f"{step[0].service}.{step[0].endpoint}" for step in found.steps]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_makes_the_calls_of_its_handler(shop: Blueprint, page: str) -> None:
    assert Counter(calls_in_order(endpoint(shop, "frontend", page))) == PAGES[page]


def test_the_frontend_has_no_other_pages(shop: Blueprint) -> None:
    frontend = next(spec for spec in shop.services if spec.name == "frontend")
    assert {endpoint.name for endpoint in frontend.endpoints} == set(PAGES)


def test_an_order_is_charged_before_it_is_shipped_and_confirmed_last(shop: Blueprint) -> None:
    assert calls_in_order(endpoint(shop, "checkoutservice", "PlaceOrder")) == ORDER


@pytest.mark.parametrize("verb", CART_STORE_CALLS)
def test_the_cart_service_keeps_nothing_itself(shop: Blueprint, verb: str) -> None:
    assert calls_in_order(endpoint(shop, "cartservice", verb)) == CART_STORE_CALLS[verb]


def test_a_recommendation_reads_the_whole_catalogue(shop: Blueprint) -> None:
    found = endpoint(shop, "recommendationservice", "ListRecommendations")
    assert calls_in_order(found) == ["productcatalogservice.ListProducts"]


def test_the_mix_has_the_weights_of_the_load_generator(shop: Blueprint) -> None:
    """locustfile.py weights its tasks; three of them ask for a second page, by redirect or not."""
    index, currency, browse, add, view, checkout = 1, 2, 10, 2, 3, 1
    visits = {
        "GET /": index + currency,
        "GET /product": browse + add + checkout,
        "GET /cart": view + add + checkout,
        "POST /cart": add + checkout,
        "POST /cart/checkout": checkout,
        "POST /setCurrency": currency,
    }
    total = sum(visits.values())
    (shoppers,) = shop.sources
    assert {entry.endpoint: entry.share for entry in shoppers.mix} == pytest.approx(
        {page: count / total for page, count in visits.items()}, abs=0.005
    )


@pytest.mark.parametrize(
    "edge",
    [
        ("frontend", "checkoutservice"),
        ("checkoutservice", "paymentservice"),
        ("checkoutservice", "shippingservice"),
        ("checkoutservice", "emailservice"),
    ],
)
def test_what_must_not_happen_twice_is_not_repeated_once_it_may_have_begun(
    shop: Blueprint, edge: tuple[str, str]
) -> None:
    (found,) = (one for one in shop.edges if (one.caller, one.callee) == edge)
    not_begun = {Outcome.QUEUE_FULL, Outcome.REFUSED, Outcome.BREAKER_OPEN}
    assert found.retry.retry_on == not_begun


def test_every_service_but_the_cart_store_has_an_instance_in_each_zone(shop: Blueprint) -> None:
    for service in shop.services:
        zones = [instance.zone for instance in service.instances]
        assert zones == (["a"] if service.name == "redis-cart" else ["a", "b", "c"])
