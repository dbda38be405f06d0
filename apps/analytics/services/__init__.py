"""Verbs of web analytics: each is one transaction that writes facts, audit and events."""
