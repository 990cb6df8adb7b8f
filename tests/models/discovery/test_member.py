from models.discovery.member import TRANSITIONS, Member, Registration, Status


def test_every_status_has_a_row_in_the_table() -> None:
    assert set(TRANSITIONS) == set(Status)


def test_no_status_moves_to_itself_or_back_to_starting() -> None:
    for source, targets in TRANSITIONS.items():
        assert source not in targets
        assert Status.STARTING not in targets


def test_every_status_but_starting_can_be_reached_from_every_other() -> None:
    settled = set(Status) - {Status.STARTING}
    assert all(TRANSITIONS[source] | {source} >= settled for source in settled)


def test_a_member_speaks_for_its_registration() -> None:
    member = Member(Registration("web-0", "web", "a", incarnation=3), Status.UP, 7)
    assert (member.instance, member.service, member.incarnation) == ("web-0", "web", 3)
