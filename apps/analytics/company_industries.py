"""The trades a company can be in, as far as its name tells."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Industry(models.TextChoices):
    """Trades that can be told from a name."""

    HEALTH = "health", _("Health")
    FINANCE = "finance", _("Banking and insurance")
    EDUCATION = "education", _("Education")
    PUBLIC = "public", _("Public administration")
    ENERGY = "energy", _("Energy and water")
    LOGISTICS = "logistics", _("Transport and logistics")
    CONSTRUCTION = "construction", _("Building and property")
    MANUFACTURING = "manufacturing", _("Manufacturing")
    FOOD = "food", _("Food and farming")
    HOSPITALITY = "hospitality", _("Travel and hospitality")
    MEDIA = "media", _("Media")
    RETAIL = "retail", _("Trade")
    LAW = "law", _("Law and consulting")
    SOFTWARE = "software", _("Software")
    RESEARCH = "research", _("Research")
