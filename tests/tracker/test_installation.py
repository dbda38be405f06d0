"""The instructions: every system of the list, translatable, with the site's own code."""

from __future__ import annotations

import pytest
from django.utils.functional import Promise

from apps.analytics.installation import platforms

ADDRESS = "https://collect.example/t/abcdef123456.js"
SNIPPET = f'<script defer src="{ADDRESS}"></script>'


def test_every_system_has_steps_that_can_be_translated() -> None:
    offered = platforms(SNIPPET)

    assert [platform.key for platform in offered] == ["html", "wordpress", "shopify", "wix", "webflow", "tag_manager"]
    assert all(len(platform.steps) >= 3 for platform in offered)
    assert all(isinstance(step, Promise) for platform in offered for step in platform.steps)


def test_code_beside_the_steps_carries_the_address_of_this_site() -> None:
    codes = {platform.key: platform.code for platform in platforms(SNIPPET)}

    assert SNIPPET in codes["html"]
    assert f"'{ADDRESS}'" in codes["wordpress"]
    assert [key for key, code in codes.items() if code] == ["html", "wordpress"]


def test_something_else_than_a_tracking_code_is_refused() -> None:
    with pytest.raises(ValueError, match="script element"):
        platforms("<p>Hello</p>")
