"""The one way in which starting fails on purpose."""

from __future__ import annotations


class CannotStart(Exception):
    """Something is missing or wrong; the message says what, and what to do about it."""


class Stopping(Exception):
    """A signal asked for the end while something was awaited."""
