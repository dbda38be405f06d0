"""What people type into Google before they find the demo businesses: each term with the page it leads to."""

from __future__ import annotations

from collections.abc import Mapping

_SHOP = "/demo/shop"
# By the business's key; the commonest term first.
SEARCHED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "kestrel": (
        ("kestrel cycles", f"{_SHOP}/"), ("cargo bike cost", f"{_SHOP}/journal/cargo-bike-costs/"),
        ("kestrel heron city", f"{_SHOP}/p/heron-city/"),
        ("belt drive or chain bike", f"{_SHOP}/journal/belt-or-chain/"),
        ("folding lock test", f"{_SHOP}/journal/choose-a-lock/"), ("gravel bike berlin", f"{_SHOP}/p/swift-gravel/"),
        ("bike repair near me", f"{_SHOP}/workshop/"), ("20 inch children's bike", f"{_SHOP}/p/wren-kids/"),
        ("cycling in winter", f"{_SHOP}/journal/winter-riding/"), ("bike shop berlin", f"{_SHOP}/c/bikes/"),
        ("which bike lock is safe", f"{_SHOP}/journal/choose-a-lock/"),
        ("cargo bike 2 children", f"{_SHOP}/p/albatross-cargo/"),
        ("city bike belt drive", f"{_SHOP}/p/heron-city/"), ("bike rain jacket", f"{_SHOP}/p/fjord-jacket/"),
        ("child's first bike size", f"{_SHOP}/journal/first-bike/"),
        ("winter gloves cycling", f"{_SHOP}/p/pebble-gloves/"),
        ("bike lights set usb", f"{_SHOP}/p/lumen-lights/"),
        ("bicycle panniers waterproof", f"{_SHOP}/p/atlas-panniers/"),
        ("bike tyres puncture proof", f"{_SHOP}/p/drift-tyres/"),
        ("kestrel cycles opening hours", f"{_SHOP}/workshop/"),
        ("comfortable bike saddle", f"{_SHOP}/p/mistral-saddle/"), ("bike service price", f"{_SHOP}/workshop/"),
        ("bike gift card", f"{_SHOP}/p/gift-card/"), ("bicycle parts online", f"{_SHOP}/c/parts/"),
    ),
    "olive": (
        ("olive and oak", "/"), ("olive & oak menu", "/menu/"), ("restaurant near me", "/"),
        ("book a table madrid", "/book-a-table/"), ("tapas madrid centre", "/menu/"),
        ("olive and oak address", "/find-us/"),
        ("restaurant for groups madrid", "/events/"), ("wine dinner madrid", "/events/"),
        ("vegetarian tapas", "/menu/"),
        ("late dinner madrid", "/find-us/"),
    ),
    "lind": (
        ("physiotherapy zurich", "/"), ("lind physiotherapy", "/"), ("physio appointment", "/appointment/"),
        ("back pain treatment", "/treatments/"), ("physiotherapy price", "/prices/"),
        ("sports physio zurich", "/treatments/"),
        ("lymph drainage zurich", "/treatments/"), ("physiotherapist team", "/team/"),
    ),
}
COUNTRIES: Mapping[str, str] = {
    "kestrel": "deu, aut, che, nld, dnk", "olive": "esp, gbr, fra, deu, usa", "lind": "che, deu, fra, aut",
}
SHOWN_A_DAY: Mapping[str, int] = {"kestrel": 2_600, "olive": 700, "lind": 380}
