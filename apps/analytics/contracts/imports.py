"""Events of imports."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.core.events import event


@event("analytics.import_uploaded", aggregate="import_id", label=_("History uploaded"))
@dataclass(frozen=True, slots=True)
class ImportUploaded:
    """A file of a site's past is there to be looked through."""

    organization_id: int
    import_id: int
    site_id: int
