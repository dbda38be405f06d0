"""One field of every kind."""

from __future__ import annotations

from django import forms


class SampleForm(forms.Form):
    """What the field component has to draw."""

    name = forms.CharField(label="Name", help_text="As your customers know you.")
    email = forms.EmailField(label="E-mail")
    domain = forms.CharField(
        label="Domain", required=False, widget=forms.TextInput(attrs={"placeholder": "shop.example"})
    )
    zone = forms.ChoiceField(
        label="Time zone",
        choices=[("", "Choose one"), ("Europe/Berlin", "Berlin"), ("America/New_York", "New York")],
        help_text="Days begin and end here.",
    )
    started = forms.DateField(label="Since", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    about = forms.CharField(label="About", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    plan = forms.ChoiceField(
        label="Plan", choices=[("solo", "Solo"), ("team", "Team"), ("agency", "Agency")], widget=forms.RadioSelect
    )
    news = forms.BooleanField(label="Send me the weekly summary", required=False, help_text="Mondays at eight.")
    live = forms.BooleanField(
        label="Count visits", required=False, initial=True, widget=forms.CheckboxInput(attrs={"role": "switch"})
    )
    logo = forms.FileField(label="Logo", required=False)
    locked = forms.CharField(label="Address", required=False, initial="harbour-bakery", disabled=True)
