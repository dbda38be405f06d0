"""The reference is what the declarations say today."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from apps.metrics import reference, registry
from tests.metrics.conftest import Shop


def test_the_reference_is_up_to_date() -> None:
    written = (Path(settings.BASE_DIR) / "docs/metrics.md").read_text()

    assert written == reference.text(), "run manage.py document_metrics"


def test_every_metric_has_its_entry_with_formula(shop: Shop) -> None:
    text = reference.text()

    assert text.count("### ") == len(registry.all_metrics())
    assert "- Formula: Revenue divided by Orders" in text
    assert "- Green, yellow: 2, 1" in text


def test_an_old_reference_is_noticed(shop: Shop) -> None:
    with pytest.raises(SystemExit, match="out of date"):
        call_command("document_metrics", "--check")
