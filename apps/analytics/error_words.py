"""Why something was not counted, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.ops.masking import masked_text


def words_of(letter: Any) -> dict[str, str]:
    """What became of a dead letter: a sentence, and the detail for whoever helps."""
    return {"text": _sentence(letter.reason), "detail": f"{letter.reason}: {masked_text(letter.detail)}"[:300]}


def _sentence(reason: str) -> str:
    if reason == "unreadable":
        return _("What was sent could not be read.")
    if reason in {"DataError", "NumericValueOutOfRange", "StringDataRightTruncation", "CharacterNotInRepertoire"}:
        return _("A value in it cannot be stored.")
    if reason in {"ValueError", "TypeError", "KeyError", "AttributeError", "OverflowError", "InvalidOperation"}:
        return _("A value in it is not what was expected.")
    return _("It could not be stored.")
