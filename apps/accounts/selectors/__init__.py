"""Reads of the accounts floor."""
