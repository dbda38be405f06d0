"""Personal data as the advertising networks match it: brought into one form, then SHA-256. Nothing here is reversible.

Networks compare hashes, so one different letter before hashing means no match; each rule below is a network's own.
Values that are hashed already (64 hexadecimal digits) pass through, for pages that hash them themselves. An empty
answer means that the value cannot be brought into the form that is compared, and is then left out.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable

import phonenumbers

SHORTEST_PHONE = 7  # digits; what is shorter reaches a service or a desk, not a person
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_GOOGLE_MAIL = frozenset({"gmail.com", "googlemail.com"})
_TITLE = re.compile(r"^(?:(?:mr|mrs|ms|miss|dr|prof)\.?\s+)+(?=\S)")
_SUFFIX = re.compile(r"(?<=\S)(?:,?\s+(?:jr|sr)\.?)+$")
_BRITISH_POSTCODE = re.compile(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}")


def sha256(text: str) -> str:
    """The digest in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def hashed(value: str, form: Callable[[str], str]) -> str:
    """The hash of a value in its form; of nothing nothing, of a hash itself."""
    value = value.strip()
    if _HASH.fullmatch(value):
        return value.lower()
    found = form(value) if value else ""
    return sha256(found) if found else ""


def email(value: str) -> str:
    """Lower case, without white space."""
    found = _joined(_lower(value))
    local, at, domain = found.rpartition("@")
    return found if at and local and domain else ""


def google_email(value: str) -> str:
    """As `email`; Google's own mailboxes also without dots and without what follows a plus sign."""
    found = email(value)
    local, _, domain = found.rpartition("@")
    if domain in _GOOGLE_MAIL:
        local = local.partition("+")[0].replace(".", "")
        return f"{local}@{domain}" if local else ""
    return found


def phone(value: str, country: str = "") -> str:
    """With country code and plus sign (E.164). `country` (two letters) says how to read a national number.

    A national number without a country is refused, for a guessed country code would match somebody else.
    """
    text = _composed(value).strip()
    if text.startswith("00"):
        text = "+" + text[2:]
    try:
        read = phonenumbers.parse(text, country.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(read):
        return ""
    found = str(phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164))
    return found if len(found) > SHORTEST_PHONE else ""


def phone_digits(value: str, country: str = "") -> str:
    """As `phone`, without the plus sign."""
    return phone(value, country).removeprefix("+")


def name(value: str) -> str:
    """Lower case, without punctuation and symbols; letters of every script stay."""
    return " ".join(_without(value, "PS").split())


def given_name(value: str) -> str:
    """As Google Ads compares it: lower case, punctuation kept, without a title before it."""
    return _TITLE.sub("", _spaced(value))


def family_name(value: str) -> str:
    """As `given_name`, without a suffix after it."""
    return _SUFFIX.sub("", _spaced(value))


def plain_name(value: str) -> str:
    """As `name`, without digits too."""
    return " ".join(_without(value, "PSN").split())


def place(value: str) -> str:
    """A town or state: lower case, without punctuation and white space."""
    return _joined(_without(value, "PS"))


def plain_place(value: str) -> str:
    """As `place`, but in words, and without digits."""
    return plain_name(value)


def street(value: str) -> str:
    """Lower case, without symbols; the house number stays."""
    return name(value)


def postcode(value: str, country: str = "") -> str:
    """Lower case, without white space and hyphens: five digits in the United States, the sector in Britain."""
    found = _joined(_without(value, "PS"))
    if country.upper() == "US":
        return found[:5]
    if country.upper() == "GB" and _BRITISH_POSTCODE.fullmatch(found):
        return found[:-2]
    return found


def country_code(value: str) -> str:
    """Two letters, lower case; anything else is nothing."""
    found = value.strip().lower()
    return found if len(found) == 2 and found.isascii() and found.isalpha() else ""


def _without(value: str, kinds: str) -> str:
    return _composed("".join(sign for sign in _lower(value) if unicodedata.category(sign)[0] not in kinds))


def _spaced(value: str) -> str:
    return " ".join(_lower(value).split())


def _joined(value: str) -> str:
    """Without white space; signs that now stand together are composed anew."""
    return _composed("".join(value.split()))


def _lower(value: str) -> str:
    return _composed(_composed(value).lower())


def _composed(value: str) -> str:
    return unicodedata.normalize("NFC", value)
