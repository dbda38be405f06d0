"""Verbs of the accounts floor: each is one transaction that writes facts, audit and events."""
