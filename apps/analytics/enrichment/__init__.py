"""What is known about an event beyond what was sent: from memory only, no network, no database."""
