"""How the tracking code gets into a site, system by system, in the words those systems use on their own screens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Platform:
    """A system that sites are made with. `code` is shown where the tracking code alone is not enough."""

    key: str
    label: str | Promise
    steps: tuple[str | Promise, ...]
    code: str = ""


HTML = (
    _("Open the file or template that every page is made from."),
    _("Paste the tracking code between <head> and </head>."),
    _("Save it and upload it to your web server."),
)
WORDPRESS = (
    _("In your WordPress dashboard open Plugins, Add New, and install one that adds code to the head, such as WPCode."),
    _("With WPCode, open Code Snippets, Header & Footer."),
    _("Paste the tracking code into the box named Header and save."),
    _("If pages are cached by a plugin or your host, empty that cache."),
    _("Your developer can instead put the lines below into the functions.php of your theme (WordPress 6.3 or newer)."),
)
SHOPIFY = (
    _("In your Shopify admin open Online Store, Themes."),
    _("At your current theme click the three dots and choose Edit code."),
    _("In the folder layout open the file theme.liquid."),
    _("Paste the tracking code just above </head> and click Save."),
    _("Shopify keeps code of themes out of its checkout pages: visits are counted up to the cart."),
)
WIX = (
    _("Your Wix site must be published and have its own domain connected."),
    _("In your site's dashboard open Settings, Custom Code."),
    _("Add a new code, paste the tracking code and give it a name."),
    _("Let it load on all pages, once for each visit, and place it in the Head."),
    _("Apply it. Nothing else needs to be published."),
)
WEBFLOW = (
    _("Your Webflow site needs a plan that allows custom code."),
    _("Open your Site settings and there Custom code."),
    _("Paste the tracking code into Head code and save."),
    _("Publish your site: the code is not active before."),
)
TAG_MANAGER = (
    _("In Google Tag Manager open your container, click Tags and then New."),
    _("Click Tag Configuration and choose Custom HTML."),
    _("Paste the tracking code into the HTML field."),
    _("Click Triggering and choose All Pages."),
    _("Save, then Submit and Publish."),
    _("Do not also put the code into the pages. If it is there twice, it still counts once."),
)


def _wordpress_code(address: str) -> str:
    return (
        "add_action( 'wp_enqueue_scripts', function () {\n"
        f"    wp_enqueue_script( 'mainstay', '{address}', array(), null, array( 'strategy' => 'defer' ) );\n"
        "} );"
    )


def platforms(snippet: str) -> tuple[Platform, ...]:
    """The systems in the order they are offered, for one site's tracking code (a script element with `src`)."""
    found = re.search(r'src="([^"]+)"', snippet)
    if found is None:
        raise ValueError("a tracking code is a script element with an address")
    return (
        Platform("html", _("Plain HTML"), HTML, f"<head>\n  …\n  {snippet}\n</head>"),
        Platform("wordpress", "WordPress", WORDPRESS, _wordpress_code(found.group(1))),
        Platform("shopify", "Shopify", SHOPIFY),
        Platform("wix", "Wix", WIX),
        Platform("webflow", "Webflow", WEBFLOW),
        Platform("tag_manager", "Google Tag Manager", TAG_MANAGER),
    )
