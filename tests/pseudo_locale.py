"""A made-up language that is written from right to left: every word of the catalogue, accented and in brackets.

    settings.LANGUAGES = pseudo_locale.LANGUAGES
    settings.LOCALE_PATHS = [pseudo_locale.build(tmp_path)]
    client.get("/", headers={"accept-language": pseudo_locale.CODE})

What is still plain in a page was not translated; what breaks in it would break in Arabic and Hebrew too.
"""

from __future__ import annotations

import re
from pathlib import Path

import polib

CODE = "ar"  # a language that Django and Babel know to be written from right to left
LANGUAGES = [("en", "English"), (CODE, "Pseudo")]
SOURCE = Path(__file__).resolve().parents[1] / "locale" / "de" / "LC_MESSAGES" / "django.po"
# What a translation must keep as it is: placeholders, tags and entities.
_KEPT = re.compile(r"(%\(\w+\)[sd]|%[sd%]|{\w*}|<[^<>]+>|&#?\w+;)")
_ACCENTS = str.maketrans("aceginosuyACEGINOSUY", "áçéğíñóšúýÁÇÉĞÍÑÓŠÚÝ")


def pseudo(text: str) -> str:
    """A msgid in the made-up language; its edges and placeholders stay."""
    body = text.strip()
    if not body:
        return text
    before, after = text[: text.index(body)], text[text.index(body) + len(body) :]
    parts = _KEPT.split(body)
    words = "".join(part if place % 2 else part.translate(_ACCENTS) for place, part in enumerate(parts))
    return f"{before}⟦{words}⟧{after}"


def build(folder: Path) -> Path:
    """Write the catalogue into `folder`, which then serves as one of LOCALE_PATHS."""
    made = polib.POFile()
    made.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Language": CODE,
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    for entry in polib.pofile(str(SOURCE)):
        copy = polib.POEntry(msgid=entry.msgid, msgctxt=entry.msgctxt, msgid_plural=entry.msgid_plural)
        if entry.msgid_plural:
            copy.msgstr_plural = {0: pseudo(entry.msgid), 1: pseudo(entry.msgid_plural)}
        else:
            copy.msgstr = pseudo(entry.msgid)
        made.append(copy)
    target = folder / CODE / "LC_MESSAGES"
    target.mkdir(parents=True)
    made.save_as_mofile(str(target / "django.mo"))
    return folder
