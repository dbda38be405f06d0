"""What an organization is: made, changed, secured."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.accounts.enums import OrganizationKind
from apps.accounts.geography import Place, countries, currencies, is_time_zone
from apps.accounts.logos import logo_from_upload
from apps.accounts.models import Organization
from apps.accounts.services.organizations import slug_is_free

INDUSTRIES = [
    ("", _("Choose …")),
    ("retail", _("Shop")),
    ("online_shop", _("Online shop")),
    ("restaurant", _("Restaurant or café")),
    ("services", _("Services")),
    ("craft", _("Craft and trades")),
    ("health", _("Health and beauty")),
    ("education", _("Education")),
    ("hotel", _("Hotel and travel")),
    ("property", pgettext_lazy("industry", "Property")),
    ("software", _("Software")),
    ("media", _("Media")),
    ("agency", _("Agency")),
    ("association", _("Association")),
    ("other", _("Something else")),
]
IDLE_CHOICES = [
    ("", _("Never")), ("15", _("15 minutes")), ("30", _("30 minutes")), ("60", _("1 hour")), ("240", _("4 hours")),
    ("480", _("8 hours")), ("1440", _("1 day")),
]


class TimeZoneField(forms.CharField):
    """An IANA zone, typed with suggestions from the page's list."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Time zone"))
        kwargs.setdefault("help_text", _("Days begin and end in this zone. Type a city to search."))
        widget = forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"})
        super().__init__(max_length=60, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        """The zone as the database of zones writes it."""
        found = super().clean(value).replace(" ", "_")
        if not is_time_zone(found):
            raise ValidationError(_("Please choose a zone from the list, such as Europe/Berlin."))
        return found


class _PlaceFields(forms.Form):
    country = forms.ChoiceField(label=_("Country"), required=False)
    time_zone = TimeZoneField()
    currency = forms.ChoiceField(label=_("Currency"), help_text=_("What your figures are shown in."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", _("Choose …")), *countries()]  # type: ignore[attr-defined]
        self.fields["currency"].choices = currencies()  # type: ignore[attr-defined]


class OrganizationNewForm(_PlaceFields):
    """Name the business; the rest is guessed and can be changed."""

    name = forms.CharField(
        label=_("What is your business called?"), max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
    )
    industry = forms.ChoiceField(label=_("What do you do?"), choices=INDUSTRIES, required=False)
    is_agency = forms.BooleanField(
        label=_("We look after other businesses"), required=False,
        help_text=_("For agencies: you get an overview of all your clients."),
    )
    field_order = ["name", "industry", "country", "time_zone", "currency", "is_agency"]

    @classmethod
    def from_guess(cls, place: Place) -> OrganizationNewForm:
        """Filled in with what the browser told."""
        return cls(initial={"country": place.country, "time_zone": place.time_zone, "currency": place.currency})

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        kind = OrganizationKind.AGENCY if data.pop("is_agency", False) else OrganizationKind.BUSINESS
        return {**data, "kind": kind}


class ClientNewForm(OrganizationNewForm):
    """An agency adds a client."""

    owner_email = forms.EmailField(
        label=_("Owner's e-mail address"), required=False,
        help_text=_("They are invited as the owner. You can also do this later."),
    )
    field_order = ["name", "owner_email", "industry", "country", "time_zone", "currency"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("What is your client called?")
        self.fields["industry"].label = _("What do they do?")
        del self.fields["is_agency"]


class OrganizationForm(_PlaceFields):
    """The General page of the settings."""

    name = forms.CharField(label=_("Name"), max_length=120)
    slug = forms.SlugField(label=_("Address"), max_length=60, help_text=_("Links to the old address keep working."))
    industry = forms.ChoiceField(label=_("Industry"), choices=INDUSTRIES, required=False)
    is_agency = forms.BooleanField(
        label=_("We look after other businesses"), required=False,
        help_text=_("Adds a page with all your clients."), widget=forms.CheckboxInput(attrs={"role": "switch"}),
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        self.organization = organization
        facts = ("name", "slug", "industry", "time_zone", "currency", "country")
        kwargs["initial"] = {
            **{name: getattr(organization, name) for name in facts},
            "is_agency": organization.kind == OrganizationKind.AGENCY,
        }
        super().__init__(*args, **kwargs)

    def clean_slug(self) -> str:
        """Lower case, and nobody else's now or before."""
        slug = slugify(self.cleaned_data["slug"])
        if not slug:
            raise ValidationError(_("Use letters, numbers and hyphens."))
        if not slug_is_free(slug, self.organization):
            raise ValidationError(_("This address is taken. Please choose another."))
        return slug

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        kind = OrganizationKind.AGENCY if data.pop("is_agency", False) else OrganizationKind.BUSINESS
        return {**data, "kind": kind}


class BrandForm(forms.Form):
    """Logo and colour."""

    logo = forms.FileField(
        label=_("Logo"), required=False, help_text=_("PNG, JPEG or WebP, up to 2 MB. Square looks best."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    remove_logo = forms.BooleanField(label=_("Remove the logo"), required=False)
    accent = forms.RegexField(
        r"^#[0-9a-fA-F]{6}$", label=_("Accent colour"), required=False,
        help_text=_("Made lighter or darker where needed, so that it can always be read."),
        widget=forms.TextInput(attrs={"placeholder": "#0f766e", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"invalid": _("Write the colour as # and six digits, such as #0f766e.")},
    )

    def clean_logo(self) -> Any:
        """The picture drawn anew, or nothing."""
        upload = self.cleaned_data["logo"]
        return logo_from_upload(upload) if isinstance(upload, UploadedFile) else None


class SecurityForm(forms.Form):
    """How people must sign in."""

    require_second_factor = forms.BooleanField(
        label=_("Owners and admins need a second factor"), required=False,
        help_text=_("They are asked to set one up before they can open anything else."),
        widget=forms.CheckboxInput(attrs={"role": "switch"}),
    )
    idle_timeout_minutes = forms.TypedChoiceField(
        label=_("Sign out when nothing happens for"), choices=IDLE_CHOICES, required=False, coerce=int,
        empty_value=None,
    )


class SingleSignOnForm(forms.Form):
    """The organization's own identity provider."""

    name = forms.CharField(label=_("Name on the button"), max_length=60, help_text=_("For example: Company login"))
    issuer = forms.URLField(
        label=_("Issuer address"), max_length=300, assume_scheme="https",
        help_text=_("From your identity provider (OpenID Connect), such as https://login.example.com"),
    )
    client_id = forms.CharField(label=_("Client ID"), max_length=200)
    secret = forms.CharField(
        label=_("Client secret"), max_length=500, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
    )
    is_enabled = forms.BooleanField(
        label=_("Switched on"), required=False, initial=True, widget=forms.CheckboxInput(attrs={"role": "switch"})
    )

    def __init__(self, *args: Any, has_secret: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"].required = not has_secret
        if has_secret:
            self.fields["secret"].help_text = _("Kept and never shown. Leave empty to keep the one there is.")
