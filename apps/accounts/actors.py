"""Who does something: a person, or a program with an API key."""

from __future__ import annotations

from apps.accounts.models import ApiKey, User

Actor = User | ApiKey


def person_of(actor: Actor) -> User | None:
    """The person behind an act; none when an organization's own key did it."""
    return actor.user if isinstance(actor, ApiKey) else actor
