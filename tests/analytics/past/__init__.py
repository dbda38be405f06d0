"""Fetching a past from Google Analytics."""
