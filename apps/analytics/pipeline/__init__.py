"""From the inbox to the store: one process, batch by batch, each in one transaction."""
