"""For which organizations there is work to do: the questions asked about all of them at once."""

from __future__ import annotations

from django.db import connection

from apps.core.tenancy import every_tenant


def organizations_with_lookups() -> list[int]:
    """Organizations for which an address waits for its name."""
    with every_tenant(), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT organization_id FROM analytics_addresslookup ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def organizations_to_score() -> list[int]:
    """Organizations in which a company may have moved."""
    with every_tenant(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT organization_id FROM analytics_company"
            " WHERE scored_at IS NULL OR last_seen_at > now() - interval '1 day' ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def organizations_with_companies() -> list[int]:
    """Organizations that have seen any company."""
    with every_tenant(), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT organization_id FROM analytics_company ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def organizations_with_crm_entries() -> list[int]:
    """Organizations that have companies on their way to a CRM."""
    with every_tenant(), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT organization_id FROM analytics_crmentry WHERE state = 'waiting' ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def organizations_with_alerts() -> list[int]:
    """Organizations that want to be warned of spikes or drops at a site."""
    with every_tenant(), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT organization_id FROM analytics_trafficalert ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def organizations_with_imports() -> list[int]:
    """Organizations of which a file of history is kept."""
    with every_tenant(), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT organization_id FROM analytics_import WHERE file <> '' ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def import_files_of_all() -> set[str]:
    """The names of the files of history that an import knows, of all organizations."""
    with every_tenant(), connection.cursor() as cursor:
        cursor.execute("SELECT file FROM analytics_import WHERE file <> ''")
        return {row[0] for row in cursor.fetchall()}
