"""The forms that advertising networks compare, with the values their own references print."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.analytics.providers import hashing

MAIL = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"
PHONE = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"


@pytest.mark.parametrize(
    ("value", "form", "wanted"),
    [
        ("John_Smith@gmail.com", hashing.email, MAIL),
        ("  JOHN_SMITH@GMAIL.COM\n", hashing.email, MAIL),
        ("16505551212", lambda value: hashing.phone_digits("+" + value), PHONE),
        ("(650)555-1212", lambda value: hashing.phone_digits(value, "us"), PHONE),
        ("Mary", hashing.name, "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
        ("정", hashing.name, "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
        ("Valéry", hashing.name, "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
        ("Vale\N{COMBINING ACUTE ACCENT}ry", hashing.name,
         "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    ],
)
def test_the_networks_own_examples(value: str, form: Callable[[str], str], wanted: str) -> None:
    assert hashing.hashed(value, form) == wanted


@pytest.mark.parametrize("value", [MAIL, MAIL.upper(), f" {MAIL} "])
def test_what_is_hashed_already_passes_through(value: str) -> None:
    assert hashing.hashed(value, hashing.email) == MAIL


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("cloudy.sanfrancisco+shopping@gmail.com", "cloudysanfrancisco@gmail.com"),
        ("A.B@GoogleMail.com", "ab@googlemail.com"),
        ("user.name+NYC@Example.com", "user.name+nyc@example.com"),
        ("+only@gmail.com", ""), ("nobody", ""), ("@example.com", ""), ("", ""),
    ],
)
def test_google_knows_its_own_mailboxes(value: str, wanted: str) -> None:
    assert hashing.google_email(value) == wanted


@pytest.mark.parametrize(
    ("value", "country", "wanted"),
    [
        ("(800) 555-0100", "US", "+18005550100"), ("+1 800 555 0100", "", "+18005550100"),
        ("0151 23456789", "de", "+4915123456789"), ("0049 151 23456789", "", "+4915123456789"),
        ("+49 (0)151 23456789", "", "+4915123456789"), ("06 12 34 56 78", "FR", "+33612345678"),
        ("+39 06 1234 5678", "", "+390612345678"),  # in Italy the zero is part of the number
        ("0151 23456789", "", ""), ("call me", "DE", ""), ("12", "DE", ""), ("", "DE", ""), ("0151", "XX", ""),
    ],
)
def test_telephone_numbers(value: str, country: str, wanted: str) -> None:
    assert hashing.phone(value, country) == wanted
    assert hashing.phone_digits(value, country) == wanted.removeprefix("+")


@pytest.mark.parametrize(
    ("form", "value", "wanted"),
    [
        (hashing.name, " O'Neill-Smith ", "oneillsmith"), (hashing.plain_name, "Mary 2nd", "mary nd"),
        (hashing.given_name, " Mrs. Anne-Marie ", "anne-marie"), (hashing.given_name, "Prof. Dr.  Ada", "ada"),
        (hashing.given_name, "Mr", "mr"), (hashing.given_name, "Drew", "drew"),
        (hashing.family_name, "O'Neill-Smith", "o'neill-smith"), (hashing.family_name, "King, Jr.", "king"),
        (hashing.family_name, "von  der  Leyen", "von der leyen"), (hashing.family_name, "Jr.", "jr."),
        (hashing.place, "Menlo Park", "menlopark"), (hashing.place, "São Paulo", "sãopaulo"),
        (hashing.plain_place, "St. John's 4", "st johns"), (hashing.street, "Haupt-Straße 12/b", "hauptstraße 12b"),
        (hashing.postcode, "94025-1234", "940251234"), (hashing.postcode, "1010 AB", "1010ab"),
        (lambda value: hashing.postcode(value, "US"), "94025-1234", "94025"),
        (lambda value: hashing.postcode(value, "gb"), "SW1A 1AA", "sw1a1"),
        (hashing.country_code, " DE ", "de"), (hashing.country_code, "Germany", ""), (hashing.country_code, "1!", ""),
    ],
)
def test_names_and_places(form: Callable[[str], str], value: str, wanted: str) -> None:
    assert form(value) == wanted


@settings(max_examples=60)
@given(st.text())
def test_no_text_breaks_it_and_no_form_changes_twice(value: str) -> None:
    for form in (hashing.email, hashing.google_email, hashing.name, hashing.given_name, hashing.family_name,
                 hashing.place, hashing.postcode, hashing.phone):
        found = hashing.hashed(value, form)
        assert found == "" or len(found) == 64
        once = form(value)
        if form is not hashing.phone:
            assert form(once) == once
    assert hashing.sha256(value) == hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()
