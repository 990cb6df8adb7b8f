"""Baggage: the vectors of semantics 14.2 and the W3C baggage specification."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.telemetry.tracing.context.baggage import (
    BYTES_MAX,
    MEMBERS_MAX,
    Baggage,
    BaggageEntry,
    encode_baggage,
    parse_baggage,
)


def pairs(*headers):
    return [(entry.key, entry.value) for entry in parse_baggage(headers).entries]


@pytest.mark.parametrize(
    "headers",
    [
        ["userId=alice,serverNode=DF%2028,isProduction=false"],
        ["userId=alice", "serverNode=DF%2028,isProduction=false"],
        ["userId =   alice", "serverNode = DF%2028, isProduction = false"],
        ["userId \t = \t alice \t , \t serverNode = DF%2028 ,isProduction=false \t "],
    ],
)
def test_members_are_read_from_all_headers(headers):
    expected = [("userId", "alice"), ("serverNode", "DF 28"), ("isProduction", "false")]
    assert pairs(*headers) == expected


def test_what_is_read_is_written_as_the_standard_writes_it():
    text = "userId=alice,serverNode=DF%2028,isProduction=false"
    assert encode_baggage(parse_baggage([text])).text == text


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("Amélie", "Am%C3%A9lie"),
        ("DF 28", "DF%2028"),
        ('a,b;c\\d"e%f', "a%2Cb%3Bc%5Cd%22e%25f"),
        ("x=y", "x=y"),
        ("", ""),
        ("\t\n\x7f", "%09%0A%7F"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
    ],
)
def test_values_are_percent_encoded_utf_8(value, encoded):
    baggage = Baggage().with_value("k", value)
    assert encode_baggage(baggage).text == f"k={encoded}"
    assert parse_baggage([f"k={encoded}"]).value("k") == value


def test_the_example_of_86_bytes_keeps_its_properties():
    text = "key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue"
    assert len(text) == 86
    first, second, third = parse_baggage([text]).entries
    assert first.properties == (("property1", None), ("property2", None))
    assert (second.value, second.properties) == ("value2", ())
    assert third.properties == (("propertyKey", "propertyValue"),)
    assert encode_baggage(parse_baggage([text])).text == (
        "key1=value1;property1;property2,key2=value2,key3=value3;propertyKey=propertyValue"
    )


def test_an_equals_sign_belongs_to_the_value():
    assert pairs("SomeKey=SomeValue=equals") == [("SomeKey", "SomeValue=equals")]


@pytest.mark.parametrize(
    ("encoded", "value"),
    [("%FF%FE", "\ufffd\ufffd"), ("%C3", "\ufffd"), ("%zz", "%zz"), ("100%", "100%")],
)
def test_octets_that_are_no_text_are_replaced_and_stray_signs_kept(encoded, value):
    assert parse_baggage([f"k={encoded}"]).value("k") == value


@pytest.mark.parametrize(
    "bad", ["", "novalue", "=v", "a b=c", "k=a b", 'k="q"', "k=v;bad key", "ké=1"]
)
def test_a_malformed_member_is_left_out_and_the_others_stay(bad):
    assert pairs(f"a=1,{bad},b=2") == [("a", "1"), ("b", "2")]


def test_duplicates_keep_their_order_and_the_last_one_answers():
    baggage = parse_baggage(["k=1,j=2,k=3"])
    assert [entry.value for entry in baggage.entries] == ["1", "2", "3"]
    assert baggage.value("k") == "3"


def test_setting_a_key_replaces_every_member_of_that_name():
    baggage = parse_baggage(["k=1,j=2,k=3"]).with_value("k", "4")
    assert [(e.key, e.value) for e in baggage.entries] == [("j", "2"), ("k", "4")]
    assert baggage.without("j").value("j") is None
    assert len(baggage) == 2


def test_64_members_travel_and_the_65th_is_counted():
    full = Baggage(tuple(BaggageEntry(f"k{n}", "v") for n in range(MEMBERS_MAX)))
    assert encode_baggage(full).dropped == 0
    more = full.with_value("last", "v")
    encoded = encode_baggage(more)
    assert (encoded.dropped, "last" in encoded.text) == (1, False)
    assert len(parse_baggage([encode_baggage(full).text, "last=v"])) == MEMBERS_MAX


@pytest.mark.parametrize(("extra", "dropped"), [(0, 0), (1, 1)])
def test_8192_bytes_travel_and_one_more_does_not(extra, dropped):
    room = BYTES_MAX - len("a=1,") - len("k=")
    baggage = Baggage().with_value("a", "1").with_value("k", "v" * (room + extra))
    encoded = encode_baggage(baggage)
    assert encoded.dropped == dropped
    assert len(encoded.text) == (BYTES_MAX if not dropped else len("a=1"))


def test_only_whole_members_are_left_out_and_later_ones_that_fit_stay():
    baggage = Baggage().with_value("a", "1").with_value("big", "v" * 9000).with_value("b", "2")
    encoded = encode_baggage(baggage)
    assert (encoded.text, encoded.dropped) == ("a=1,b=2", 1)


def test_the_limits_hold_on_the_way_in():
    parsed = parse_baggage(["k=" + "v" * 8000, "j=" + "v" * 300, "i=1"])
    assert [entry.key for entry in parsed.entries] == ["k", "i"]


@pytest.mark.parametrize(
    ("key", "properties"), [("a b", ()), ("", ()), ("k", (("p q", None),)), ("k", (("p", "a b"),))]
)
def test_what_cannot_be_sent_cannot_be_set(key, properties):
    with pytest.raises(ConfigError):
        BaggageEntry(key, "v", properties)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c!#"]), st.text(max_size=20)), max_size=6))
def test_any_text_survives_a_hop(members):
    sent = Baggage(tuple(BaggageEntry(key, _valid(value)) for key, value in members))
    assert parse_baggage([encode_baggage(sent).text]) == sent


def _valid(text):
    return text.encode("utf-8", "ignore").decode()
