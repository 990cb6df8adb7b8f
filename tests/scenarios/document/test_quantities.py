import pytest
from pydantic import TypeAdapter, ValidationError

from models.base.errors import ValueSyntaxError
from models.base.time import NS_PER_MS, NS_PER_S
from scenarios.document.quantities import (
    Amount,
    ByteRate,
    Bytes,
    CivilTime,
    Drift,
    Duration,
    GigabytePrice,
    HourlyPrice,
    Rate,
    Ratio,
    parse_civil_time,
)

EPOCH_2026_MARCH_2_18H = 1_772_474_400 * NS_PER_S


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (Duration, "250ms", 250 * NS_PER_MS),
        (Duration, 0, 0),
        (Duration, "0", 0),
        (Rate, "30/m", 0.5),
        (ByteRate, "10MiB/s", 10 * 2**20),
        (ByteRate, "1500B / s", 1500.0),
        (Rate, 0, 0.0),
        (Bytes, "2KiB", 2048),
        (Ratio, "20%", 0.2),
        (Drift, "50ppm", 50),
        (Drift, 0, 0),
        (HourlyPrice, "0.096 USD/h", 0.096),
        (GigabytePrice, "0.01 USD/GB", 0.01),
        (Amount, "1.2 USD", 1.2),
        (CivilTime, "2026-03-02T18:00:00Z", EPOCH_2026_MARCH_2_18H),
    ],
)
def test_quantities_are_read_exactly(kind, written, value):
    assert TypeAdapter(kind).validate_python(written) == value


@pytest.mark.parametrize(
    ("kind", "written", "message"),
    [
        (Duration, 250, "250 has no unit; write 250ms or 250s"),
        (Duration, 1.5, "1.5 has no unit; write 1.5ms or 1.5s"),
        (Rate, 400, "400 has no unit; write 400/s"),
        (ByteRate, 400, "400 has no unit; write 400B/s or 400MiB/s"),
        (ByteRate, "1MiB/m", "'1MiB/m' is not a bandwidth; write for example 10MiB/s"),
        (ByteRate, "1/s", "'1' is not a size; write for example 512B, 10kB or 2GiB"),
        (Bytes, 2, "2 has no unit; write 2B or 2KiB"),
        (Ratio, 0.2, "0.2 has no unit; write 20%"),
        (Ratio, 1, "1 has no unit; write 100%"),
        (Ratio, 20, "20 has no unit; write 20%"),
        (Drift, 50, "50 has no unit; write 50ppm"),
        (HourlyPrice, 0.1, "0.1 has no unit; write 0.1 USD/h"),
        (Duration, True, "expected a duration such as 250ms, got true"),
        (Duration, False, "expected a duration such as 250ms, got false"),
        (Duration, None, "expected a duration such as 250ms, got nothing"),
        (Rate, [1], "expected a rate such as 400/s, got a list"),
        (Drift, "50", "'50' is not a clock drift; write for example 50ppm"),
        (Drift, "-5ppm", "'-5ppm' is not a clock drift; write for example 50ppm"),
        (HourlyPrice, "1 USD", "'1 USD' is not a price per h; write 0.096 USD/h"),
        (Amount, "1 USD/h", "'1 USD/h' is a price per h; write only 1 USD"),
        (CivilTime, 2026, "expected a time such as 2026-03-02T18:00:00Z, got 2026"),
    ],
)
def test_a_number_alone_is_refused_with_what_was_probably_meant(kind, written, message):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(written)
    assert caught.value.errors()[0]["msg"] == message


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00", 0),
        ("1970-01-01 00:00:01", 1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00.5Z", 0.5),
        ("2024-02-29T00:00Z", 1_709_164_800),
        ("2199-12-31T23:59:59Z", 7_258_118_399),
    ],
)
def test_civil_times_without_a_zone_are_utc(text, seconds):
    assert parse_civil_time(text) == seconds * NS_PER_S


@pytest.mark.parametrize(
    "text",
    [
        "",
        "18:00",
        "2026-3-2",
        "2026-02-29",
        "2026-03-02T25:00",
        "20260302",
        "2026-W10-1",
        "1969-12-31T23:59:59Z",
        "2200-01-01",
        "0001-01-01",
        "9999-12-31",
    ],
)
def test_what_is_no_civil_time_is_refused(text):
    with pytest.raises(ValueSyntaxError):
        parse_civil_time(text)
