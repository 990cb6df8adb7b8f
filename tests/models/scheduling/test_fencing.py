from models.scheduling.fencing import FencedResource


def test_lower_token_is_refused_and_equal_or_higher_is_accepted() -> None:
    resource = FencedResource()
    assert [resource.check(token) for token in (33, 33, 34, 33, 34)] == [
        True,
        True,
        True,
        False,
        True,
    ]


def test_refused_token_leaves_the_mark_where_it_was() -> None:
    resource = FencedResource(highest=5)
    assert not resource.check(4)
    assert resource.highest == 5
