"""Third parties: a kind is a registry, a vendor is one class, a customer's account is a `Connection`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from django.utils.functional import Promise

P = TypeVar("P", bound="Provider")
Words = str | Promise


class ProviderError(Exception):
    """A vendor refused or could not be reached. `permanent` means trying again is useless until a person acts."""

    def __init__(self, message: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


@dataclass(frozen=True)
class ProviderField:
    """One thing to ask when connecting. Secret ones are encrypted, and never rendered back."""

    name: str
    label: Words
    kind: str = "text"  # text · email · url · number · secret · choice · switch
    help: Words = ""
    required: bool = True
    default: Any = ""
    choices: tuple[tuple[str, Words], ...] = ()

    @property
    def secret(self) -> bool:
        """Whether the value is kept encrypted."""
        return self.kind == "secret"


class Provider:
    """A vendor of some kind. Subclasses declare the class attributes and their kind's methods."""

    key: ClassVar[str]
    label: ClassVar[Words]
    icon: ClassVar[str] = "plug"
    help: ClassVar[Words] = ""
    fields: ClassVar[tuple[ProviderField, ...]] = ()
    do_not_call_in_templates: ClassVar[bool] = True  # a page names the class; Django would make an instance of it

    def __init__(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> None:
        self.config = config
        self.secrets = secrets

    def check(self) -> str:
        """Prove that the credentials work; returns the account in words, raises ProviderError."""
        raise ProviderError(f"{self.key} cannot be tested", permanent=True)


class Registry(Generic[P]):
    """All vendors of one kind, by key. Refuses a second vendor with the same key.

    `elsewhere`: its accounts are connected on pages of their feature, not in the settings.
    """

    def __init__(self, kind: str, label: Words, *, elsewhere: bool = False) -> None:
        self.kind = kind
        self.label = label
        self.elsewhere = elsewhere
        self._providers: dict[str, type[P]] = {}
        kinds[kind] = self

    def register(self, provider: type[P]) -> type[P]:
        """Class decorator: add a vendor."""
        if provider.key in self._providers:
            raise ValueError(f"{self.kind} {provider.key} is registered twice")
        self._providers[provider.key] = provider
        return provider

    def get(self, key: str) -> type[P]:
        """The vendor's class; raises KeyError."""
        return self._providers[key]

    def open(self, connection: Any) -> P:
        """The vendor, speaking for this connection."""
        return self.get(connection.provider)(connection.config, connection.secrets)

    def __iter__(self) -> Iterator[type[P]]:
        return iter(self._providers.values())


kinds: dict[str, Registry[Any]] = {}


def find_vendor(kind: str, key: str) -> type[Provider] | None:
    """The vendor of a stored connection; None when it is no longer part of Mainstay."""
    try:
        return kinds[kind].get(key)
    except KeyError:
        return None
