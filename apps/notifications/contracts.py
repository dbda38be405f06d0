"""What a mail is, between those who write it and those who carry it."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.core.providers import ProviderError


class MessageRefused(ProviderError):
    """This one mail will never be taken (its address, its contents); the account itself is fine."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


class Unconfirmed(ProviderError):
    """The mail was handed over and the answer got lost: it may have been taken or not."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A mail. Addresses are `a@b.c` or `Name <a@b.c>`; an empty sender means the way's own."""

    to: tuple[str, ...]
    subject: str
    text: str
    html: str = ""
    sender: str = ""
    reply_to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The form it is stored in."""
        found = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        found["attachments"] = [
            [item.name, item.content_type, base64.b64encode(item.content).decode()] for item in self.attachments
        ]
        return found

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Message:
        """The mail again."""
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in stored.items()}
        values["headers"] = tuple((key, value) for key, value in values.get("headers", ()))
        values["attachments"] = tuple(
            Attachment(name, kind, base64.b64decode(data)) for name, kind, data in values.get("attachments", ())
        )
        return cls(**values)
