"""Help, at the foot of the rail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core import navigation

navigation.add(navigation.Place("help", _("Help"), icon="life-buoy", url_name="help:member-index", action="home.view"))
