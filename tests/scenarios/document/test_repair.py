import copy

from scenarios.document.repair import repaired

DATA = {
    "topology": {"zones": ["z1", "z2"]},
    "services": {"shop": {"slots": -1, "instances": {"count": 0}, "endpoints": {"/": {}}}},
    "faults": [{"at": "x"}, {"at": "1s"}],
    "traffic": {"users": {"arrivals": {"rate": "1/s"}}},
    "sed": 3,
}


def test_a_broken_value_gets_a_stand_in_and_its_place_is_named():
    mended, places = repaired(DATA, {}, [("services", "shop", "slots")])
    assert mended["services"]["shop"]["slots"] == 1
    assert places == (("services", "shop", "slots"),)


def test_the_user_s_data_is_left_alone():
    before = copy.deepcopy(DATA)
    repaired(DATA, {("sed",): "seed"}, [("faults", 0, "at")])
    assert before == DATA


def test_a_broken_entry_of_a_list_keeps_the_numbers_of_the_others():
    mended, places = repaired(DATA, {}, [("faults", 0, "at")])
    assert mended["faults"] == [{"at": 0, "zone_outage": {"zone": "z1"}}, {"at": "1s"}]
    assert places == (("faults", 0),)


def test_a_misspelt_field_takes_its_true_name():
    mended, places = repaired(DATA, {("sed",): "seed"}, [])
    assert mended["seed"] == 3
    assert "sed" not in mended
    assert places == (("seed",),)


def test_an_unknown_field_goes():
    mended, places = repaired(DATA, {("sed",): None}, [])
    assert "sed" not in mended
    assert places == ()


def test_arrivals_are_not_judged_against_a_time_that_is_made_up():
    mended, places = repaired(DATA, {}, [("time", "measure")])
    assert mended["time"]["measure"] == "1d"
    assert places == (("time",), ("traffic", "users", "arrivals"))


def test_what_has_no_neutral_value_stops_the_repair():
    assert repaired(DATA, {}, [("topology", "zones")]) is None
    assert repaired(DATA, {}, [("services", "shop", "endpoints", "/", "calls", 0)]) is None
    assert repaired(["no scenario"], {}, [()]) is None
