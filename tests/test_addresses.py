"""Addresses of delivery: postcodes in the form of their country, and served countries only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.backends.addresses import COUNTRIES, check_address, is_postcode
from actions.backends.demo.seeds import PEOPLE
from actions.backends.model import Address, AddressInvalid

HOME = Address("Emma Clarke", "14 Mill Lane", "London", "NW6 1NS", "GB")

GOOD = {
    "AT": ["1010"], "BE": ["1000"], "BG": ["1000", "BG-1504"], "CY": ["1010"], "CZ": ["110 00", "11000"],
    "DE": ["10115", "D-10115", "DE-10115"], "DK": ["1050"], "EE": ["10111"], "ES": ["28013"], "FI": ["00100"],
    "FR": ["75001"], "GB": ["SW1A 1AA", "sw1a1aa", "M1 1AE", "EC1A 1BB", "B33 8TH", "CR2 6XH", "GIR 0AA"],
    "GR": ["104 31", "10431", "GR 104 31"], "HR": ["10000"], "HU": ["1051"], "IE": ["D02 X285", "T12X8P6", "D6W F822"],
    "IT": ["00184"], "LT": ["01103", "LT-01103"], "LU": ["1111", "L-1111"], "LV": ["LV-1010", "1010"],
    "MT": ["VLT 1117"], "NL": ["1012 AB", "1012ab"], "PL": ["00-950", "00950", "00 950", "PL-00-950"],
    "PT": ["1100-001"], "RO": ["010011", "RO-030037"], "SE": ["113 52", "11352"], "SI": ["1000"], "SK": ["811 01"],
}  # fmt: skip
BAD = {
    "PL": ["0-950", "000-950", "00-95", "AB-123", "GR-00-950"],
    "GR": ["1043", "104 311", "10-431-1"],
    "BG": ["100", "10000", "BG"],
    "RO": ["01001", "0100111"],
    "GB": ["SW1A", "1AA SW1A", "12345", "QQ1 1AA", "SW1A 1A"],
    "IE": ["D02", "B02 X285", "12345"],
    "DE": ["1011", "101155"],
    "ES": ["99013"],
    "NL": ["0123 AB", "1012"],
    "AT": ["0101"],
}  # fmt: skip


@pytest.mark.parametrize(("country", "text"), [(country, text) for country in GOOD for text in GOOD[country]])
def test_postcodes_as_people_write_them(country: str, text: str) -> None:
    assert is_postcode(text, country)
    assert is_postcode(f"  {text} ", country)


@pytest.mark.parametrize(("country", "text"), [(country, text) for country in BAD for text in BAD[country]])
def test_what_is_no_postcode(country: str, text: str) -> None:
    assert not is_postcode(text, country)


@pytest.mark.parametrize("text", ["", " ", "-", "１２３４５", "12345\n", "1" * 1000])
@pytest.mark.parametrize("country", COUNTRIES)
def test_nonsense_is_a_postcode_nowhere(country: str, text: str) -> None:
    expected = text == "12345\n" and is_postcode("12345", country)
    assert is_postcode(text, country) is expected


def test_every_country_is_tried() -> None:
    assert set(GOOD) == set(COUNTRIES)


@given(st.text(max_size=12), st.sampled_from(COUNTRIES))
def test_any_text_is_a_postcode_or_not(text: str, country: str) -> None:
    assert is_postcode(text, country) in (True, False)


def test_the_seeded_addresses_are_right() -> None:
    for person in PEOPLE:
        for home in person.addresses:
            check_address(home)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"country": "US"}, "country"),
        ({"country": "gb"}, "country"),
        ({"country": ""}, "country"),
        ({"country": "PL"}, "postcode"),
        ({"postcode": ""}, "postcode"),
        ({"street": "14"}, "street"),
        ({"street": " "}, "street"),
        ({"city": "x" * 121}, "city"),
        ({"city": "12"}, "city"),
        ({"name": "Emma\nClarke"}, "name"),
        ({"name": ""}, "name"),
    ],
)
def test_the_first_wrong_field_is_named(change: dict[str, str], field: str) -> None:
    check_address(HOME)
    with pytest.raises(AddressInvalid) as invalid:
        check_address(replace(HOME, **change))
    assert invalid.value.field == field
