"""What Kestrel Cycles sells, repairs and writes about. Invented; the numbers Mainstay shows come from visits to it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

CURRENCY = "EUR"


@dataclass(frozen=True)
class Product:
    """Something in the shop: `appeal` weighs how often it is looked at, `closes` how often a look becomes a sale."""

    slug: str
    name: str
    category: str
    price: Decimal
    tint: str
    text: str
    appeal: float
    closes: float


@dataclass(frozen=True)
class Service:
    """A job of the workshop that can be asked for."""

    slug: str
    name: str
    price: Decimal
    text: str
    appeal: float


@dataclass(frozen=True)
class Article:
    """A page of the journal."""

    slug: str
    title: str
    lead: str
    appeal: float


def _product(
    slug: str, name: str, category: str, price: str, tint: str, appeal: float, closes: float, text: str
) -> Product:
    return Product(slug, name, category, Decimal(price), tint, text, appeal, closes)


PRODUCTS = (
    _product(
        "heron-city",
        "Heron City",
        "bikes",
        "899.00",
        "sea",
        9,
        0.6,
        "Eight gears, a belt instead of a chain, and mudguards that do their job.",
    ),
    _product(
        "swift-gravel",
        "Swift Gravel",
        "bikes",
        "1890.00",
        "moss",
        8,
        0.3,
        "Steel frame, wide tyres, mounts for everything you take along.",
    ),
    _product(
        "wren-kids",
        "Wren 20 for children",
        "bikes",
        "349.00",
        "sun",
        5,
        0.9,
        "Light enough to be lifted by the person who rides it.",
    ),
    _product(
        "albatross-cargo",
        "Albatross Cargo",
        "bikes",
        "4290.00",
        "clay",
        4,
        0.1,
        "Two children, the weekly shopping, and a hill: it carries them all.",
    ),
    _product(
        "lumen-lights",
        "Lumen light set",
        "parts",
        "64.90",
        "night",
        7,
        2.4,
        "Front and rear, charged by USB, seen from four hundred metres.",
    ),
    _product(
        "harbour-lock",
        "Harbour folding lock",
        "parts",
        "89.00",
        "clay",
        6,
        2.0,
        "Folds to the size of a bottle; rated for a night in the city.",
    ),
    _product(
        "drift-tyres",
        "Drift tyre pair",
        "parts",
        "78.00",
        "moss",
        5,
        1.8,
        "Thirty-five millimetres, tubeless ready, quiet on tarmac.",
    ),
    _product(
        "mistral-saddle",
        "Mistral saddle",
        "parts",
        "119.00",
        "sea",
        4,
        1.2,
        "Broken in by the second ride. Thirty days to change your mind.",
    ),
    _product(
        "fjord-jacket",
        "Fjord rain jacket",
        "clothing",
        "149.00",
        "sun",
        6,
        1.3,
        "Three layers, taped seams, a hood that goes over a helmet.",
    ),
    _product(
        "pebble-gloves",
        "Pebble gloves",
        "clothing",
        "39.00",
        "night",
        4,
        2.6,
        "Warm to minus five, thin enough for a phone.",
    ),
    _product(
        "atlas-panniers",
        "Atlas pannier pair",
        "parts",
        "132.00",
        "moss",
        5,
        1.6,
        "Forty litres, waterproof, off the rack with one hand.",
    ),
    _product(
        "gift-card", "Gift card", "clothing", "50.00", "sun", 3, 3.0, "For the person who knows which bike they want."
    ),
)
SERVICES = (
    Service("full-service", "Full service", Decimal("119.00"), "Every bearing, cable and bolt. Back in two days.", 5),
    Service("brakes", "Brake check", Decimal("29.00"), "Pads, discs and fluid, while you wait.", 4),
    Service("wheel", "Wheel truing", Decimal("35.00"), "Straight again, or a new rim at cost.", 2),
    Service("fitting", "Bike fitting", Decimal("149.00"), "Ninety minutes, measured, with a test ride.", 3),
)
ARTICLES = (
    Article("winter-riding", "Riding through winter", "Tyres, lights and layers for dark months.", 5),
    Article("choose-a-lock", "Which lock is enough?", "We tried to open eleven of them.", 6),
    Article("belt-or-chain", "Belt or chain?", "What a belt saves, and what it costs.", 3),
    Article("cargo-bike-costs", "What a cargo bike really costs", "Five years beside a second car.", 4),
    Article("first-bike", "A child's first bike", "Weight matters more than gears.", 3),
)
CATEGORIES = {"bikes": "Bikes", "parts": "Parts", "clothing": "Clothing & gifts"}


def product(slug: str) -> Product | None:
    """A product by its address."""
    return next((item for item in PRODUCTS if item.slug == slug), None)


def article(slug: str) -> Article | None:
    """A journal page by its address."""
    return next((item for item in ARTICLES if item.slug == slug), None)
