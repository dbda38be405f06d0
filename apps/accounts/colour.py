"""An organization's accent colour, corrected until it can be read on light and on dark pages (WCAG 2, 4.5 to 1)."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

LIGHT_PAGE = "#ffffff"
DARK_PAGE = "#0f172a"
READABLE = 4.5
_STEPS = 100


@dataclass(frozen=True)
class Accent:
    """The colour on light and on dark pages, each with the colour of text that stands on it."""

    light: str
    light_text: str
    dark: str
    dark_text: str


def _channels(colour: str) -> tuple[float, float, float]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two `#rrggbb` colours: 1 (same) to 21 (black on white)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def corrected(colour: str, page: str) -> str:
    """The nearest shade of the same hue that can be read on a page of this colour."""
    if contrast(colour, page) >= READABLE:
        return colour.lower()
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    goal = 0.0 if _luminance(page) > 0.5 else 1.0
    for step in range(1, _STEPS + 1):
        shade = lightness + (goal - lightness) * step / _STEPS
        found = "#" + "".join(f"{round(c * 255):02x}" for c in colorsys.hls_to_rgb(hue, shade, saturation))
        if contrast(found, page) >= READABLE:
            return found
    return "#000000" if goal == 0.0 else "#ffffff"


def _text_on(colour: str) -> str:
    return max(("#ffffff", "#0b1220"), key=lambda text: contrast(text, colour))


def accent(colour: str) -> Accent:
    """Both shades of a brand colour."""
    light, dark = corrected(colour, LIGHT_PAGE), corrected(colour, DARK_PAGE)
    return Accent(light, _text_on(light), dark, _text_on(dark))


def stylesheet(colour: str) -> str:
    """CSS that puts the accent in place of the product's own, for both themes."""
    found = accent(colour)
    light = f"--accent: {found.light}; --accent-content: {found.light_text};"
    dark = f"--accent: {found.dark}; --accent-content: {found.dark_text};"
    return (
        f":root, [data-theme=light] {{ {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{ {dark} }} }}\n"
        f"[data-theme=dark] {{ {dark} }}\n"
    )
