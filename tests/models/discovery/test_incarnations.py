from models.discovery.incarnations import NEVER_SEEN, Departure, DepartureLog


def test_an_expired_instance_may_return_under_the_same_incarnation() -> None:
    log = DepartureLog(10)
    log.note_expired("a", 3)
    assert log.of("a") == Departure(incarnation_seen=3, incarnation_min=3)


def test_a_deregistered_instance_needs_a_higher_incarnation() -> None:
    log = DepartureLog(10)
    log.note_deregistered("a", 3)
    assert log.of("a") == Departure(incarnation_seen=3, incarnation_min=4)


def test_nothing_is_held_against_an_instance_that_never_left() -> None:
    log = DepartureLog(10)
    log.note_expired("a", 3)
    log.forget("a")
    assert log.of("a") == log.of("b") == NEVER_SEEN


def test_the_one_that_left_longest_ago_is_forgotten_first() -> None:
    log = DepartureLog(2)
    log.note_expired("a", 1)
    log.note_expired("b", 1)
    log.note_expired("a", 2)
    log.note_expired("c", 1)
    assert log.of("b") == NEVER_SEEN
    assert log.of("a").incarnation_seen == 2
    assert log.of("c").incarnation_seen == 1


def test_exactly_the_limit_is_remembered() -> None:
    log = DepartureLog(2)
    log.note_expired("a", 1)
    log.note_expired("b", 1)
    assert log.of("a").incarnation_seen == 1
