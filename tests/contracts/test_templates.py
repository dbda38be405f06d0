"""Templates: nothing inline that the content security policy forbids, and every word translatable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contracts.sources import name_of, templates

FILES = templates()
_COMMENT = re.compile(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|<!--.*?-->", re.S)
_TRANSLATED = re.compile(r"{%\s*blocktrans(?:late)?\b.*?endblocktrans(?:late)?\s*%}", re.S)
_SCRIPT = re.compile(r"<(script|style|svg|code|pre|kbd)\b.*?</\1>", re.S)
_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.S)
_HTML = re.compile(r"<[a-zA-Z!/][^<>]*>", re.S)
_WORD = re.compile(r"[^\W\d_]{3,}")
_SPOKEN = re.compile(r"""[\s"'](?:title|alt|placeholder|aria-label|label|text|help)="([^"]*)\"""")
_NAMES = {"Mainstay", "Google", "Microsoft", "CSV", "PNG", "JSON", "nbsp", "middot", "rarr", "larr", "times", "mdash",
          "hellip", "amp", "quot", "ndash", "copy", "shy", "zwnj"}  # fmt: skip
# Mails carry their own styles: no mail program loads a style sheet. Vector files are documents of their own.
INLINE_STYLE_ALLOWED = ("templates/mail/", "templates/shells/mail.html", "templates/notifications/mail/")
# Staff only, in code names and made-up examples.
UNTRANSLATED = ("templates/styleguide/", "templates/demo/")


def bare(text: str) -> str:
    return _COMMENT.sub(" ", text)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_inline(path: Path) -> None:
    text = bare(path.read_text())
    name = name_of(path)

    assert re.findall(r"\son[a-z]+\s*=\s*[\"']", text) == []
    assert re.findall(r"(?:href|src|action)\s*=\s*[\"']javascript:", text) == []
    inline = [tag for tag in re.findall(r"<script\b[^>]*>", text) if "src=" not in tag and "/json" not in tag]
    assert inline == []
    if not name.startswith(INLINE_STYLE_ALLOWED):
        assert re.findall(r"<style\b", text) == []
        assert re.findall(r"\sstyle\s*=\s*[\"']", text) == []


def untranslated(text: str) -> list[str]:
    text = _TRANSLATED.sub(" ", bare(re.sub(r"(</?){{.*?}}", r"\1x", text)))
    spoken = [value for value in _SPOKEN.findall(text) if not _TAG.search(value)]
    plain = _HTML.sub(" ", _TAG.sub(" ", _SCRIPT.sub(" ", text)))
    words = [word for part in [*spoken, plain] for word in _WORD.findall(part)]
    return [word for word in words if word not in _NAMES]


@pytest.mark.parametrize("path", [path for path in FILES if not name_of(path).startswith(UNTRANSLATED)], ids=name_of)
def test_every_word_is_translatable(path: Path) -> None:
    assert untranslated(path.read_text()) == []


def test_the_check_itself() -> None:
    assert untranslated("<p>Hello {{ name }}</p>") == ["Hello"]
    assert untranslated('<p title="Hello">{% translate "Hello" %}</p>') == ["Hello"]
    good = """<c-x label="{% translate 'Hello' %}">{% blocktranslate %}Hi {{ a }}{% endblocktranslate %}</c-x>"""
    assert untranslated(good) == []
