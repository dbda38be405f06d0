"""Sending events on to destinations: what is sent under which name, and the process that sends it."""
