from models.discovery.catalogue import Catalogue
from models.discovery.member import Member, Registration, Status


def member(instance: str, service: str = "web") -> Member:
    return Member(Registration(instance, service, "a"), Status.UP, 1)


def test_members_come_in_the_order_of_their_names() -> None:
    catalogue = Catalogue()
    for name in ("web-2", "web-0", "web-1"):
        catalogue.put(member(name))
    assert [m.instance for m in catalogue.members("web")] == ["web-0", "web-1", "web-2"]


def test_services_come_in_the_order_of_their_names() -> None:
    catalogue = Catalogue()
    for name in ("web", "ads", "cart"):
        catalogue.put(member(f"{name}-0", name))
    assert catalogue.services() == ("ads", "cart", "web")


def test_a_service_without_members_is_not_listed() -> None:
    catalogue = Catalogue()
    catalogue.put(member("web-0"))
    catalogue.remove("web-0")
    assert catalogue.services() == ()
    assert catalogue.members("web") == ()


def test_an_id_put_under_another_service_leaves_the_old_one() -> None:
    catalogue = Catalogue()
    catalogue.put(member("x", "web"))
    catalogue.put(member("x", "cart"))
    assert catalogue.services() == ("cart",)
    assert [m.service for m in catalogue.members(None)] == ["cart"]


def test_all_members_are_listed_when_no_service_is_named() -> None:
    catalogue = Catalogue()
    catalogue.put(member("b", "web"))
    catalogue.put(member("a", "cart"))
    assert [m.instance for m in catalogue.members(None)] == ["a", "b"]


def test_to_remove_what_is_not_there_has_no_effect() -> None:
    catalogue = Catalogue()
    catalogue.remove("web-0")
    assert catalogue.find("web-0") is None
