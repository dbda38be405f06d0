"""The guide in the app: every page, its links, its frame, and what is not a page of it."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client

from apps.core.docs import guide
from tests.factories.accounts import MembershipFactory, OrganizationFactory

KEYS = list(guide.pages())
FOLDER = settings.BASE_DIR / "docs" / "guide"
_IDS = re.compile(r'<h[23] id="([^"]+)"')
_ARTICLE = re.compile(r"<article.*?</article>", re.S)


def _article(html: str) -> str:
    return _ARTICLE.search(html)[0]  # type: ignore[index]


def test_every_file_of_the_guide_is_a_page() -> None:
    assert sorted(KEYS) == sorted(path.stem for path in FOLDER.glob("*.md"))


@pytest.mark.django_db
@pytest.mark.parametrize("key", KEYS)
def test_every_page_is_shown_to_everybody(client: Client, key: str) -> None:
    answer = client.get("/help/" if key == "index" else f"/help/{key}/")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert f"<h1>{guide.pages()[key].title}</h1>" in html
    assert "style=" not in _article(html)
    assert "<script" not in _article(html)


@pytest.mark.django_db
@pytest.mark.parametrize("key", KEYS)
def test_every_link_within_the_guide_leads_to_a_page_and_section(client: Client, key: str) -> None:
    html = client.get("/help/" if key == "index" else f"/help/{key}/").content.decode()
    for href in re.findall(r'href="([^"]+)"', _article(html)):
        path, _, anchor = href.partition("#")
        assert path.startswith("/help/"), href
        found = client.get(path)
        assert found.status_code == 200, href
        assert not anchor or anchor in _IDS.findall(found.content.decode()), href
    sections = re.findall(r'<a href="#([^"]+)"', html.replace('href="#content"', ""))
    assert set(sections) <= set(_IDS.findall(html))


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["nothing/", "..%2Findex/", "../../README.md", "%2e%2e/architecture/", "index.md/"])
def test_what_is_not_in_the_guide_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"/help/{path}").status_code == 404


@pytest.mark.django_db
def test_members_read_it_beside_the_rail_and_strangers_do_not(client: Client) -> None:
    organization = OrganizationFactory(slug="bakery")
    member = MembershipFactory(organization=organization, role="viewer").user
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    html = client.get("/o/bakery/help/team/").content.decode()
    assert 'class="rail"' in html
    assert 'href="/o/bakery/help/"' in html
    assert client.get("/o/bakery/help/nothing/").status_code == 404
    stranger = MembershipFactory(organization=OrganizationFactory(slug="other")).user
    client.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/o/bakery/help/").status_code == 404


@pytest.mark.django_db
def test_it_says_that_it_is_in_english_where_the_rest_is_not(client: Client) -> None:
    note = 'class="guide-page">\n    \n    <article'
    assert note in client.get("/help/").content.decode()
    german = client.get("/help/", headers={"Accept-Language": "de"}).content.decode()
    assert note not in german
    assert '<article class="guide-text" lang="en" dir="ltr">' in german


def test_markup_in_the_text_stays_text_and_tables_get_no_style() -> None:
    text = "# T\n\n<script>x</script>\n\n## A `b` c\n\n| a | b |\n| :-: | --: |\n| 1 | 2 |\n"
    html, headings = guide.drawn(guide.Page("t", "T", text), lambda key: f"/{key}/")
    assert "&lt;script&gt;" in html
    assert "style" not in html
    assert headings == [guide.Heading("a-b-c", "A b c")]
