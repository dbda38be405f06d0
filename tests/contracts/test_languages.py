"""The catalogues: every word has its German and its Spanish, whole and with the same placeholders."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polib
import pytest
from django.utils.translation.template import templatize

from apps.accounts.models import Organization, User
from apps.core.management.commands.makemessages import ALIASES
from tests import pseudo_locale
from tests.contracts.sources import ROOT, name_of, python_files, tree

LANGUAGES = {"de": "German", "es": "Spanish"}
Key = tuple[str | None, str]  # context and msgid

_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|{\w*}")
_TAG = re.compile(r"</?[a-z][^<>]*>")
_NUMBERED = {"ngettext", "ngettext_lazy"}
_IN_CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
_PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop", *ALIASES}
_CALL = re.compile(r"""(?<!\w)(?:n?p?gettext|_)\((?:[^()'"]|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")*\)""", re.S)


@lru_cache
def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(ROOT / "locale" / language / "LC_MESSAGES" / "django.po"))


def written(entry: polib.POEntry) -> list[tuple[str, str]]:
    """Each form of an entry beside its translation."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    forms = entry.msgstr_plural
    return [(entry.msgid, forms.get(0, "")), (entry.msgid_plural, forms.get(1, ""))]


def edges(text: str) -> tuple[str, str]:
    """The white space a text begins and ends with."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def keys_of(module: ast.AST) -> Iterator[Key]:
    """The msgids a module marks: those written out in a call."""
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        words = [part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else None
                 for part in node.args]  # fmt: skip
        if name in _PLAIN | _NUMBERED and words and words[0]:
            yield None, words[0]
        elif name in _IN_CONTEXT and len(words) > 1 and words[0] and words[1]:
            yield words[0], words[1]


def keys_in_template(text: str) -> set[Key]:
    """The msgids a template marks, by Django's own reading of it."""
    return {key for call in _CALL.findall(templatize(text)) for key in keys_of(ast.parse(call))}


@lru_cache
def used() -> dict[Key, str]:
    """Every msgid in the project's own files, and one file it stands in."""
    found: dict[Key, str] = {}
    for path in python_files("apps", "config"):
        found |= dict.fromkeys(keys_of(tree(path)), name_of(path))
    for folder in (ROOT / "templates", ROOT / "apps"):
        for path in [*folder.rglob("*.html"), *folder.rglob("*.txt")]:
            found |= dict.fromkeys(keys_in_template(path.read_text()), name_of(path))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_head_of_the_catalogue(language: str) -> None:
    head = catalogue(language).metadata

    assert head["Language"] == language
    assert head["Language-Team"] == LANGUAGES[language]
    assert head["Content-Type"] == "text/plain; charset=UTF-8"
    assert head["Plural-Forms"] == "nplurals=2; plural=(n != 1);"
    assert not catalogue(language).metadata_is_fuzzy


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_is_translated(language: str) -> None:
    entries = catalogue(language)

    assert [entry.msgid for entry in entries if not all(to.strip() for _, to in written(entry))] == []
    assert [entry.msgid for entry in entries if entry.fuzzy] == []
    assert [entry.msgid for entry in entries if entry.obsolete] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_tags_and_edges_are_kept(language: str) -> None:
    pairs = [pair for entry in catalogue(language) for pair in written(entry)]

    for kept in (_PLACEHOLDER, _TAG):
        assert [(of, to) for of, to in pairs if Counter(kept.findall(of)) != Counter(kept.findall(to))] == []
    assert [(of, to) for of, to in pairs if edges(of) != edges(to)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_in_use_has_an_entry(language: str) -> None:
    known = {(entry.msgctxt, entry.msgid) for entry in catalogue(language)}

    assert {key: place for key, place in used().items() if key not in known} == {}


def test_both_catalogues_hold_the_same_entries() -> None:
    german, spanish = ({(each.msgctxt, each.msgid, each.msgid_plural) for each in catalogue(of)} for of in LANGUAGES)

    assert german ^ spanish == set()


def test_words_that_must_be_the_same_everywhere() -> None:
    words = ["Visitors", "Visits", "Page views", "Revenue", "Orders", "Bounce rate", "Attention a visit", "Home"]
    said = {language: {entry.msgid: entry.msgstr for entry in catalogue(language)} for language in LANGUAGES}

    assert [said["de"][word] for word in words] == [
        "Besucher", "Besuche", "Seitenaufrufe", "Umsatz", "Bestellungen", "Absprungrate", "Aufmerksamkeit je Besuch",
        "Start",
    ]  # fmt: skip
    assert [said["es"][word] for word in words] == [
        "Visitantes", "Visitas", "Páginas vistas", "Ingresos", "Pedidos", "Tasa de rebote", "Atención por visita",
        "Inicio",
    ]  # fmt: skip


def test_quotes_are_those_of_the_language() -> None:
    def with_any(language: str, signs: str) -> list[str]:
        texts = [_TAG.sub("", to) for entry in catalogue(language) for _, to in written(entry)]
        return [text for text in texts if set(text) & set(signs)]

    assert with_any("de", '"”«»') == []
    assert with_any("es", '"“”„') == []


def test_the_owner_is_addressed_politely_in_german() -> None:
    familiar = re.compile(r"\b([Dd]u|[Dd]ir|[Dd]ich|[Dd]eine?[mnrs]?)\b")

    assert [to for entry in catalogue("de") for _, to in written(entry) if familiar.search(to)] == []


def test_the_owner_is_addressed_as_a_friend_in_spanish() -> None:
    formal = re.compile(r"\b([Uu]sted(es)?|[Vv]osotros|[Vv]uestr[oa]s?|[Oo]rdenador(es)?|[Cc]omputadora?s?)\b")

    assert [to for entry in catalogue("es") for _, to in written(entry) if formal.search(to)] == []


def test_the_reading_of_templates_itself() -> None:
    source = """{% load i18n %}{% translate "It’s (so) far" %} <a title="{% translate 'Ask' context "verb" %}">
    {% blocktranslate count n=n trimmed %}
      {{ n }} site
    {% plural %}{{ n }} sites{% endblocktranslate %}</a>{% firstof a _("Nothing") %}{% translate name %}"""

    assert keys_in_template(source) == {
        (None, "It’s (so) far"), ("verb", "Ask"), (None, "%(n)s site"), (None, "Nothing")
    }  # fmt: skip


def test_the_made_up_language_keeps_what_must_stay() -> None:
    said = pseudo_locale.pseudo("\n%(count)s of <b>each</b> {name} 5 %%\n")

    assert said == "\n⟦%(count)s óf <b>éáçh</b> {name} 5 %%⟧\n"


class _Shown(HTMLParser):
    """What a page says: its text, and what is read out or shown on hover."""

    SPOKEN = ("title", "alt", "placeholder", "aria-label", "label")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.direction = ""
        self._silent = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "html":
            self.direction = dict(attrs).get("dir") or ""
        self._silent = tag in {"script", "style"}
        self._take(*[value for name, value in attrs if value and (name in self.SPOKEN or name.startswith("data-word"))])

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._take(data)

    def _take(self, *texts: str) -> None:
        self.texts += [text for text in (" ".join(each.split()) for each in texts) if text]


@pytest.fixture
def right_to_left(settings: Any, tmp_path: Path) -> str:
    settings.LANGUAGES = pseudo_locale.LANGUAGES
    settings.LOCALE_PATHS = [pseudo_locale.build(tmp_path / "locale")]
    return pseudo_locale.CODE


@pytest.mark.parametrize("page", ["/accounts/login/", "/o/bakery/settings/"])
def test_a_page_in_a_language_written_from_right_to_left(
    client_of: Any, client: Any, organization: Organization, alice: User, right_to_left: str, page: str
) -> None:
    alice.language = right_to_left
    alice.save()
    browser = client_of(alice) if page.startswith("/o/") else client

    answer = browser.get(page, headers={"accept-language": right_to_left})
    shown = _Shown(answer.content.decode())

    assert answer.status_code == 200
    assert shown.direction == "rtl"
    assert len([text for text in shown.texts if text.startswith("⟦")]) > 5
    plain = {entry.msgid for entry in catalogue("de")} - {"Mainstay"}
    assert [text for text in shown.texts if text in plain] == []
